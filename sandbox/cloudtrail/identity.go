package cloudtrail

import (
	"path"

	"aurora-dsql-dr/sandbox/iam"
)

// Identity is userIdentity, who made a call. Of an assumed role it has the role as well, which an IAM user's and root's
// have not ("CloudTrail userIdentity element", CloudTrail User Guide).
type Identity struct {
	Type           string   `json:"type,omitempty"`
	PrincipalID    string   `json:"principalId,omitempty"`
	ARN            string   `json:"arn,omitempty"`
	AccountID      string   `json:"accountId"`
	UserName       string   `json:"userName,omitempty"`
	SessionContext *Session `json:"sessionContext,omitempty"`
	// InvokedBy is the service that made the call, in a role or for somebody; "" is nobody.
	InvokedBy string `json:"invokedBy,omitempty"`
}

// Session is the sessionContext of temporary credentials.
type Session struct {
	Issuer Issuer `json:"sessionIssuer"`
}

// Issuer is the role that was assumed.
type Issuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId,omitempty"`
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserName    string `json:"userName"`
}

// Who is the identity of a principal of an account. An assumed role has the unique id of its role.
func Who(account string, p iam.Principal, roleID, invokedBy string) Identity {
	if p.Role == "" {
		return Identity{Type: "IAMUser", ARN: p.ARN, AccountID: account, UserName: path.Base(p.ARN), InvokedBy: invokedBy}
	}
	return Identity{
		Type:        "AssumedRole",
		PrincipalID: roleID + ":" + path.Base(p.ARN),
		ARN:         p.ARN,
		AccountID:   account,
		SessionContext: &Session{Issuer: Issuer{
			Type:        "Role",
			PrincipalID: roleID,
			ARN:         p.Role,
			AccountID:   account,
			UserName:    path.Base(p.Role),
		}},
		InvokedBy: invokedBy,
	}
}
