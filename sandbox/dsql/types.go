package dsql

import (
	"slices"
	"time"
)

// Status is a cluster's state.
type Status string

// The states of a cluster (API Reference, GetCluster).
const (
	Creating      Status = "CREATING"
	Active        Status = "ACTIVE"
	Idle          Status = "IDLE"
	Inactive      Status = "INACTIVE"
	Updating      Status = "UPDATING"
	Deleting      Status = "DELETING"
	Deleted       Status = "DELETED"
	Failed        Status = "FAILED"
	PendingSetup  Status = "PENDING_SETUP"
	PendingDelete Status = "PENDING_DELETE"
)

// States of a cluster's encryption.
const (
	EncryptionEnabled      = "ENABLED"
	EncryptionUpdating     = "UPDATING"
	EncryptionInaccessible = "KMS_KEY_INACCESSIBLE"
)

// AWSOwnedKey is the value of KmsEncryptionKey, and the encryption type, of a cluster without a customer managed key.
const AWSOwnedKey = "AWS_OWNED_KMS_KEY"

const customerManagedKey = "CUSTOMER_MANAGED_KMS_KEY"

// Cluster is what GetCluster answers, with its JSON names.
type Cluster struct {
	Identifier                string                 `json:"identifier"`
	ARN                       string                 `json:"arn"`
	Status                    Status                 `json:"status"`
	CreationTime              time.Time              `json:"creationTime"`
	DeletionProtectionEnabled bool                   `json:"deletionProtectionEnabled"`
	EncryptionDetails         EncryptionDetails      `json:"encryptionDetails"`
	MultiRegionProperties     *MultiRegionProperties `json:"multiRegionProperties,omitempty"`
	Tags                      map[string]string      `json:"tags"`
	// Endpoint is the host name of the SQL endpoint, <identifier>.dsql.<region>.on.aws; the port is 5432.
	Endpoint string `json:"endpoint"`
	// Region is where the cluster lives; the API leaves it to the ARN.
	Region string `json:"-"`
}

// EncryptionDetails says which key encrypts a cluster and whether the service can use it.
type EncryptionDetails struct {
	EncryptionType   string `json:"encryptionType"`
	EncryptionStatus string `json:"encryptionStatus"`
	KMSKeyARN        string `json:"kmsKeyArn,omitempty"`
}

// MultiRegionProperties are a cluster's witness and the ARNs of the pair. In answers Clusters begins with the cluster's
// own ARN; in requests that ARN may be there or not.
type MultiRegionProperties struct {
	WitnessRegion string   `json:"witnessRegion,omitempty"`
	Clusters      []string `json:"clusters,omitempty"`
}

// Serves reports whether the cluster's SQL endpoint accepts connections: from ACTIVE until deletion is asked for, as
// long as its key can be used. An IDLE or INACTIVE cluster serves; its first connection wakes it.
func (c Cluster) Serves() bool {
	return slices.Contains([]Status{Active, Idle, Inactive, Updating}, c.Status) &&
		c.EncryptionDetails.EncryptionStatus != EncryptionInaccessible
}

// CreateClusterInput is the request of CreateCluster. Pointers are optional.
type CreateClusterInput struct {
	DeletionProtectionEnabled *bool                  `json:"deletionProtectionEnabled"`
	KMSEncryptionKey          *string                `json:"kmsEncryptionKey"`
	MultiRegionProperties     *MultiRegionProperties `json:"multiRegionProperties"`
	Policy                    *string                `json:"policy"`
	Tags                      map[string]string      `json:"tags"`
	ClientToken               string                 `json:"clientToken"`
}

// UpdateClusterInput is the request of UpdateCluster. What is nil stays as it is.
type UpdateClusterInput struct {
	Identifier                string                 `json:"identifier"`
	DeletionProtectionEnabled *bool                  `json:"deletionProtectionEnabled"`
	KMSEncryptionKey          *string                `json:"kmsEncryptionKey"`
	MultiRegionProperties     *MultiRegionProperties `json:"multiRegionProperties"`
	ClientToken               string                 `json:"clientToken"`
}

// DeleteClusterInput is the request of DeleteCluster.
type DeleteClusterInput struct {
	Identifier  string `json:"identifier"`
	ClientToken string `json:"clientToken"`
}

// PutClusterPolicyInput is the request of PutClusterPolicy.
type PutClusterPolicyInput struct {
	Identifier  string `json:"identifier"`
	Policy      string `json:"policy"`
	ClientToken string `json:"clientToken"`
}

// EventSource is the event source of the control plane in CloudTrail.
const EventSource = servicePrincipal
