package iam

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
)

const (
	account = "123456789012"
	roleARN = "arn:aws:iam::123456789012:role/monitor"
	topic   = "arn:aws:sns:us-east-1:123456789012:alerts"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func TestABadPolicyIsRefusedWithEveryProblem(t *testing.T) {
	_, err := ParseIdentityPolicy(`{
		"Version": "2020-01-01", "Extra": 1,
		"Statement": [
			{"Effect": "Maybe", "Action": "Publish", "Resource": "*", "Principal": "*"},
			{"Effect": "Allow", "NotAction": "sns:*", "Resource": "arn:aws:sns:*:*:${aws:username}", "Comment": "?"},
			{"Effect": "Allow", "Action": [], "Condition": {"DateGreaterThan": {"aws:CurrentTime": "x"}}}
		]}`)
	for _, problem := range []string{
		`element "Version" is "2020-01-01"`, `element "Extra": not an element of a policy`,
		`statement 1: element "Effect": "Maybe"`, `element "Action" is "Publish": want service:Action`, `element "Principal": not allowed`,
		`statement 2: element "Comment": not an element of a statement`, `element "NotAction": not modelled`, "policy variables are not modelled",
		`statement 3: element "Action": empty`, `operator "DateGreaterThan": not modelled`, `element "Resource": missing`,
	} {
		assert.ErrorContains(t, err, problem)
	}
}

func TestKindsOfPoliciesHaveTheirElements(t *testing.T) {
	_, err := ParseResourcePolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sns:Publish"}}`)
	require.ErrorContains(t, err, `element "Principal": missing`)
	require.ErrorContains(t, err, `element "Resource": missing`)
	_, err = ParseTrustPolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"x"},"Resource":"*"}}`)
	require.ErrorContains(t, err, "Federated principals are not modelled")
	require.ErrorContains(t, err, `element "Resource": not allowed`)
	_, err = ParseIdentityPolicy(`[]`)
	require.ErrorContains(t, err, "not a JSON object")
	_, err = ParseIdentityPolicy(`{"Version":"2012-10-17"}`)
	assert.ErrorContains(t, err, `element "Statement": missing`)
}

func TestIdentityPolicies(t *testing.T) {
	for _, c := range []struct {
		intent, statements, action, resource string
		context                              Context
		allowed                              bool
	}{
		{"nothing allows", `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`, "sns:Publish", topic, nil, false},
		{"actions regardless of case", `{"Effect":"Allow","Action":"SNS:publish","Resource":"*"}`, "sns:Publish", topic, nil, true},
		{"a wildcard of actions", `{"Effect":"Allow","Action":"sns:P*","Resource":"*"}`, "sns:Publish", topic, nil, true},
		{"every action", `{"Effect":"Allow","Action":"*","Resource":"*"}`, "sns:Publish", topic, nil, true},
		{"another resource", `{"Effect":"Allow","Action":"sns:Publish","Resource":"` + topic + `2"}`, "sns:Publish", topic, nil, false},
		{"a wildcard of resources", `{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-?:*:alerts"}`, "sns:Publish", topic, nil, true},
		{"resources with regard to case", `{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:*:*:ALERTS"}`, "sns:Publish", topic, nil, false},
		{"a denial wins", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sns:*","Resource":"*"}`, "sns:Publish", topic, nil, false},
		{"a condition that holds", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"cloudwatch:namespace":"N"}}}`, "cloudwatch:PutMetricData", "*", Context{"cloudwatch:namespace": "N"}, true},
		{"a condition that does not", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"cloudwatch:namespace":"N"}}}`, "cloudwatch:PutMetricData", "*", Context{"cloudwatch:namespace": "M"}, false},
		{"a condition on a key that is not there", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"cloudwatch:namespace":"N"}}}`, "cloudwatch:PutMetricData", "*", nil, false},
		{"the same, if it exists", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqualsIfExists":{"cloudwatch:namespace":"N"}}}`, "cloudwatch:PutMetricData", "*", nil, true},
		{"keys regardless of case", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"AWS:sourcearn":"arn:aws:sns:*:*:*"}}}`, "kms:Decrypt", "*", Context{"aws:SourceArn": topic}, true},
		{"an ARN's wildcard stays in its part", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:*:alerts"}}}`, "kms:Decrypt", "*", Context{"aws:SourceArn": topic}, false},
		{"one of several values", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:SourceArn":["x","*:alerts"]}}}`, "kms:Decrypt", "*", Context{"aws:SourceArn": topic}, true},
		{"all of several keys", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:SourceArn":"*","aws:SourceAccount":"*"}}}`, "kms:Decrypt", "*", Context{"aws:SourceArn": topic}, false},
		{"not equal to what is not there", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceArn":"x"}}}`, "kms:Decrypt", "*", nil, true},
		{"none of several values", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:SourceArn":["x","*:alerts"]}}}`, "kms:Decrypt", "*", Context{"aws:SourceArn": topic}, false},
		{"a truth value without quotes", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}`, "sns:Publish", topic, Context{"aws:SecureTransport": "true"}, true},
	} {
		t.Run(c.intent, func(t *testing.T) {
			s := newService(t)
			policy(t, s, `{"Version":"2012-10-17","Statement":[`+c.statements+`]}`)
			err := s.Authorize(Session(roleARN, "f"), c.action, c.resource, c.context)
			if c.allowed {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, awserr.ErrDenied)
			}
		})
	}
}

func TestADenialSaysWhoWhatAndWhy(t *testing.T) {
	s := newService(t)
	caller := Session(roleARN, "f")
	require.EqualError(t, s.Authorize(caller, "sns:Publish", topic, nil),
		"AccessDenied: User: arn:aws:sts::123456789012:assumed-role/monitor/f is not authorized to perform: sns:Publish on resource: "+
			topic+" because no identity-based policy allows the sns:Publish action")
	policy(t, s, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	require.ErrorContains(t, s.Authorize(caller, "sns:Publish", topic, nil), "with an explicit deny in an identity-based policy")
	assert.NoError(t, s.Authorize(s.Admin().Principal, "sns:Publish", topic, nil), "the administrator may do everything")
}

// Rows: who calls, what the resource's policy says, what the role's says; columns: may an ordinary resource be used, may
// a KMS key. The difference is that identity policies alone do for a resource and never for a key.
func TestResourcePoliciesAndKeyPolicies(t *testing.T) {
	const (
		none    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"other.amazonaws.com"},"Action":"*","Resource":"*"}}`
		root    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"*","Resource":"*"}}`
		role    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},"Action":"*","Resource":"*"}}`
		service = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["x.amazonaws.com","events.amazonaws.com"]},"Action":"*","Resource":"*"}}`
		anyone  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
		denies  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
			{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
		allows = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
		silent = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"x:*","Resource":"*"}}`
		forbid = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	)
	session, events := Session(roleARN, "f"), ServicePrincipal("events.amazonaws.com")
	for _, c := range []struct {
		intent           string
		caller           Principal
		resource, policy string
		ofResource, key  bool
	}{
		{"the role's policy alone", session, none, allows, true, false},
		{"the account is named, the role's policy allows", session, root, allows, true, true},
		{"the account is named, the role's policy is silent", session, root, silent, false, false},
		{"the role is named", session, role, silent, true, true},
		{"the role is named and forbidden by its own policy", session, role, forbid, false, false},
		{"a service that is named", events, service, silent, true, true},
		{"a service that is not", events, role, allows, false, false},
		{"the account is named, a service calls", events, root, allows, false, false},
		{"everyone is named", events, anyone, silent, true, true},
		{"plain HTTP is denied to everyone", session, denies, allows, false, false},
		{"to services as well", events, denies, allows, false, false},
	} {
		t.Run(c.intent, func(t *testing.T) {
			s := newService(t)
			policy(t, s, c.policy)
			resource, err := ParseResourcePolicy(c.resource)
			require.NoError(t, err)
			plain := Context{"aws:SecureTransport": "false"}
			assert.Equal(t, c.ofResource, s.AuthorizeResource(c.caller, "sns:Publish", topic, plain, resource) == nil, "resource")
			assert.Equal(t, c.key, s.AuthorizeKey(c.caller, "kms:Decrypt", "k", plain, resource) == nil, "key")
		})
	}
}

func TestCredentialsOfARoleExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c, err := s.AssumeRole("lambda.amazonaws.com", roleARN, "f")
		require.NoError(t, err)
		assert.Regexp(t, `^ASIA[A-Z0-9]{16}$`, c.AccessKeyID)
		assert.NotEmpty(t, c.SessionToken)
		found, err := s.Lookup(c.AccessKeyID)
		require.NoError(t, err)
		assert.Equal(t, c, found)

		time.Sleep(time.Hour)
		_, err = s.Lookup(c.AccessKeyID)
		var e *awserr.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "ExpiredToken", e.Code)

		time.Sleep(time.Second)
		_, err = s.AssumeRole("lambda.amazonaws.com", roleARN, "f")
		require.NoError(t, err)
		assert.Len(t, s.sessions.All(), 1, "expired sessions are forgotten")

		_, err = s.Lookup("ASIAUNKNOWN")
		require.ErrorContains(t, err, "InvalidClientTokenId")
		admin, err := s.Lookup(s.Admin().AccessKeyID)
		require.NoError(t, err)
		assert.Equal(t, s.Admin(), admin)
	})
}

func TestOnlyWhomTheTrustPolicyNamesAssumesARole(t *testing.T) {
	s := newService(t)
	_, err := s.AssumeRole("ec2.amazonaws.com", roleARN, "f")
	require.ErrorContains(t, err, "User: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole")
	_, err = s.AssumeRole("lambda.amazonaws.com", roleARN+"2", "f")
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}

func TestATrustPolicyMayNameTheResourceForWhichAServiceActs(t *testing.T) {
	s := newService(t)
	role, err := s.CreateRole(Role{Name: "careful", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:states:us-east-1:123456789012:stateMachine:*"}}}}`})
	require.NoError(t, err)
	source := func(machine string) Context {
		return Context{"aws:SourceArn": "arn:aws:states:us-east-1:123456789012:" + machine}
	}
	principal, err := s.ActFor("states.amazonaws.com", role.Arn, "one", source("stateMachine:m"))
	require.NoError(t, err)
	assert.Equal(t, Session(role.Arn, "one"), principal)
	_, err = s.ActFor("states.amazonaws.com", role.Arn, "one", source("activity:m"))
	require.ErrorIs(t, err, awserr.ErrDenied)
	_, err = s.Act("states.amazonaws.com", role.Arn, "one")
	require.ErrorIs(t, err, awserr.ErrDenied, "nobody is named")
}

func TestARoleWithPoliciesIsNotDeleted(t *testing.T) {
	s := newService(t)
	policy(t, s, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}}`)
	basic := RolePolicyAttachment{Role: "monitor", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
	_, err := s.AttachRolePolicy(basic)
	require.NoError(t, err)
	assert.NoError(t, s.Authorize(Session(roleARN, "f"), "logs:PutLogEvents", "*", nil), "attached policies count")

	require.ErrorContains(t, s.DeleteRole("monitor"), "DeleteConflict")
	require.NoError(t, s.DeleteRolePolicy("monitor", "p"))
	require.NoError(t, s.DetachRolePolicy("monitor", basic.PolicyArn))
	require.NoError(t, s.DeleteRole("monitor"))
	_, err = s.Role("monitor")
	require.ErrorIs(t, err, awserr.ErrNotFound)
	assert.ErrorIs(t, s.Authorize(Session(roleARN, "f"), "sns:Publish", topic, nil), awserr.ErrDenied, "a session of a deleted role may nothing")
}

func TestBadPoliciesDoNotReachARole(t *testing.T) {
	s := newService(t)
	_, err := s.CreateRole(Role{Name: "r", AssumeRolePolicy: `{}`})
	require.ErrorContains(t, err, "MalformedPolicyDocument")
	_, err = s.CreateRole(Role{Name: "monitor", AssumeRolePolicy: trust})
	require.ErrorContains(t, err, "EntityAlreadyExists")
	_, err = s.PutRolePolicy(RolePolicy{Role: "monitor", Name: "p", Policy: `{}`})
	require.ErrorContains(t, err, "policy p of role monitor")
	_, err = s.AttachRolePolicy(RolePolicyAttachment{Role: "monitor", PolicyArn: "arn:aws:iam::aws:policy/AmazonDSQLFullAccess"})
	assert.ErrorIs(t, err, awserr.ErrNotFound, "a managed policy that does not exist")
}

func TestARoleIsUpdatedButNotRenamed(t *testing.T) {
	s := newService(t)
	updated, err := s.UpdateRole(Role{Name: "monitor", Description: "watches", AssumeRolePolicy: trust, Path: "/other/"})
	require.NoError(t, err)
	assert.Equal(t, roleARN, updated.Arn)
	read, err := s.RoleByARN(roleARN)
	require.NoError(t, err)
	assert.Equal(t, updated, read)
	_, err = s.RoleByARN("arn:aws:iam::123456789012:role/other/monitor")
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}

func newService(t *testing.T) *Service {
	t.Helper()
	s := New(account, clock.New(1))
	role, err := s.CreateRole(Role{Name: "monitor", AssumeRolePolicy: trust})
	require.NoError(t, err)
	require.Equal(t, roleARN, role.Arn)
	return s
}

func policy(t *testing.T, s *Service, document string) {
	t.Helper()
	_, err := s.PutRolePolicy(RolePolicy{Role: "monitor", Name: "p", Policy: document})
	require.NoError(t, err)
}

func TestAPolicyIsInForceOnceItHasPropagated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(account, clock.New(1))
		_, err := s.CreateRole(Role{Name: "monitor", AssumeRolePolicy: trust})
		require.NoError(t, err)
		s.SetPropagation(10 * time.Second)
		put := func(action string) {
			_, err := s.PutRolePolicy(RolePolicy{Role: "monitor", Name: "p",
				Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`})
			require.NoError(t, err)
		}
		may := func(action string) bool { return s.Authorize(Session(roleARN, "x"), action, topic, nil) == nil }

		put("sns:Publish")
		assert.False(t, may("sns:Publish"), "a new policy allows nothing yet")
		time.Sleep(10 * time.Second)
		assert.True(t, may("sns:Publish"))
		put("sqs:SendMessage")
		assert.True(t, may("sns:Publish"), "a changed one is as before")
		assert.False(t, may("sqs:SendMessage"))
		time.Sleep(10 * time.Second)
		assert.False(t, may("sns:Publish"))
		assert.True(t, may("sqs:SendMessage"))
	})
}
