package backup

import (
	"fmt"
	"strings"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

// session is the name of AWS Backup's sessions of roles.
const session = "AWSBackup"

// What the role of a job needs is what AWS's managed policies for the service give it for Aurora DSQL: of
// AWSBackupServiceRolePolicyForBackup the statements DSQLResourcePermissionsForBackup, KMSDSQLPermissions,
// RecoveryPointTaggingPermissions and those of copies, of AWSBackupServiceRolePolicyForRestores
// DSQLResourcePermissionsForRestore, less what only stops jobs.
var (
	backupActions  = []string{"dsql:StartBackupJob", "dsql:GetBackupJob", "dsql:GetCluster", "dsql:ListTagsForResource"}
	restoreActions = []string{"dsql:StartRestoreJob", "dsql:GetRestoreJob", "dsql:CreateCluster", "dsql:TagResource"}
	keyActions     = []string{
		"kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
	}
)

// role is a role that AWS Backup acts as.
type role struct {
	iam.Principal
	s *Service
}

// act assumes the role of a job.
func (s *Service) act(arn string) (role, error) {
	principal, err := s.deps.IAM.Act(Principal, arn, session)
	if err != nil {
		return role{}, fmt.Errorf("IAM Role %s cannot be assumed by AWS Backup: %w", arn, err)
	}
	return role{principal, s}, nil
}

// may asks the role's own policies.
func (r role) may(resource string, actions ...string) error {
	for _, action := range actions {
		if err := r.s.deps.IAM.Authorize(r.Principal, action, resource, nil); err != nil {
			return insufficient(err)
		}
	}
	return nil
}

func insufficient(err error) error {
	return fmt.Errorf("IAM Role does not have sufficient permissions to execute the job: %w", err)
}

// mayUse asks the key of a cluster, which Aurora DSQL uses for the role.
func (r role) mayUse(key, clusterID string, actions ...string) error {
	ctx := iam.Context{"kms:ViaService": "dsql." + r.s.env.Name + ".amazonaws.com"}
	if clusterID != "" {
		ctx["kms:EncryptionContext:aws:dsql:ClusterId"] = clusterID
	}
	for _, action := range actions {
		if err := r.s.deps.KMS.Use(r.Principal, action, key, ctx); err != nil {
			return insufficient(err)
		}
	}
	return nil
}

// mayBackUp is whether a job's role may do what the job does.
func (s *Service) mayBackUp(j Job, c dsql.Cluster) error {
	r, err := s.act(j.RoleArn)
	if err != nil {
		return err
	}
	if err := r.may(c.ARN, backupActions...); err != nil {
		return err
	}
	if key := c.EncryptionDetails.KMSKeyARN; key != "" {
		if err := r.mayUse(key, c.Identifier, "kms:Decrypt"); err != nil {
			return err
		}
	}
	if len(j.Tags) == 0 {
		return nil
	}
	return r.may(s.env.ARN("backup", "recovery-point:*"), "backup:TagResource")
}

// mayCopy is whether a copy job's role may copy out of the vault here and into the one there.
func (s *Service) mayCopy(j CopyJob, from, to string, there *Service) error {
	r, err := s.act(j.RoleArn)
	if err != nil {
		return err
	}
	err = s.Authorize(r.Principal, "backup:CopyFromBackupVault", j.SourceVaultArn, from,
		iam.Context{"backup:CopyTargets": j.VaultArn})
	if err == nil {
		err = there.Authorize(r.Principal, "backup:CopyIntoBackupVault", j.VaultArn, to, nil)
	}
	if err != nil {
		return insufficient(err)
	}
	return nil
}

// mayRestore is whether a restore's role may make the clusters that it asks for.
func (s *Service) mayRestore(j RestoreJob) error {
	r, err := s.act(j.RoleArn)
	if err != nil {
		return err
	}
	pair := j.Target.Witness != ""
	for _, c := range j.Target.Clusters {
		there := s.deps.Peer(c.Region)
		clusters := there.env.ARN("dsql", "cluster/*")
		if err := r.may(clusters, restoreActions...); err != nil {
			return err
		}
		if pair {
			if err := r.may(clusters, "dsql:PutMultiRegionProperties"); err != nil {
				return err
			}
		}
		if c.KMSKey != "" {
			if err := (role{r.Principal, there}).mayUse(c.KMSKey, "", keyActions...); err != nil {
				return err
			}
		}
	}
	if !pair {
		return nil
	}
	witness := strings.Replace(s.env.ARN("dsql", "cluster/*"), s.env.Name, j.Target.Witness, 1)
	return r.may(witness, "dsql:PutWitnessRegion")
}
