package aws

import (
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/iam"
)

// Record puts CloudTrail's record of a call on the bus of its region, if a trail logs it ("AWS service events delivered
// via AWS CloudTrail", EventBridge User Guide).
func (a *Account) Record(c cloudtrail.Call) {
	who := a.who(c)
	logged := cloudtrail.Event{Source: c.Source, Name: c.EventName, Type: c.EventType, UserARN: who.ARN}
	if !a.CloudTrail.Logs(logged) {
		return
	}
	record := struct {
		cloudtrail.Call
		UserIdentity cloudtrail.Identity `json:"userIdentity"`
	}{c, who}
	_ = a.regions[c.AWSRegion].Events.CloudTrail(c.Source, record) // best effort, as on AWS
}

// who is whom a record names: of what a service does by itself, the service.
func (a *Account) who(c cloudtrail.Call) cloudtrail.Identity {
	if c.EventType == cloudtrail.ServiceEvent {
		return cloudtrail.Identity{AccountID: a.ID, InvokedBy: c.InvokedBy}
	}
	caller := c.Caller
	if caller == (iam.Principal{}) {
		caller = a.IAM.Admin().Principal
	}
	role, _ := a.IAM.RoleByARN(caller.Role) // one that is deleted has no id
	return cloudtrail.Who(a.ID, caller, role.UniqueID, c.InvokedBy)
}
