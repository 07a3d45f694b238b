package provider

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// step is one resource on its way: how it is created, a change that updates it, and one that replaces it.
type step struct {
	kind, name       string
	inputs           object
	update, replaces object
}

// TestTheApplicationsResourcesLiveAsOnAWS creates, changes and deletes every kind of resource that the application has
// beside those of the monitor.
func TestTheApplicationsResourcesLiveAsOnAWS(t *testing.T) {
	w := newWorld(t, Options{})
	here, there := w.in(primary), w.in(secondary)
	var made []func() error
	live := func(i *testInstance, s step) stateOf {
		t.Helper()
		state := i.mustCreate(s.kind, s.name, s.inputs)
		made = append(made, func() error { return i.delete(state) })
		state = i.mustRefresh(state)
		require.NotEmpty(t, state.id)
		assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, i.diff(state, s.inputs).GetChanges(), "%s: what was made is what was wanted", s.kind)
		assert.NotEmpty(t, i.diff(state, with(s.inputs, s.replaces)).GetReplaces(), "%s: %v replaces", s.kind, s.replaces)
		if s.update != nil {
			changed := with(s.inputs, s.update)
			assert.Empty(t, i.diff(state, changed).GetReplaces(), "%s: %v updates", s.kind, s.update)
			updated, err := i.update(state, changed)
			require.NoError(t, err)
			assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, i.diff(i.mustRefresh(updated), changed).GetChanges())
			_, err = i.update(updated, s.inputs)
			require.NoError(t, err)
		}
		return state
	}
	bus := live(here, step{"aws:cloudwatch/eventBus:EventBus", "bus", object{"description": "a"}, object{"description": "b"}, object{"name": "other"}})
	peer := live(there, step{"aws:cloudwatch/eventBus:EventBus", "bus", object{}, object{"description": "b"}, object{"name": "other"}})
	live(here, step{"aws:cloudwatch/eventArchive:EventArchive", "archive", object{"eventSourceArn": bus.outputs["arn"], "retentionDays": 3},
		object{"retentionDays": 4}, object{"eventSourceArn": "arn:other"}})
	rule := live(here, step{"aws:cloudwatch/eventRule:EventRule", "rule", object{"eventBusName": bus.id, "eventPattern": `{"source":["app"]}`},
		object{"eventPattern": `{"source":["other"]}`}, object{"eventBusName": "default"}})
	assert.Equal(t, bus.id+"/"+rule.outputs["name"].(string), rule.id)
	imported := here.mustRefresh(stateOf{kind: rule.kind, name: rule.name, id: rule.id})
	assert.Equal(t, rule.outputs["arn"], imported.outputs["arn"], "a rule is found by its id alone")
	target := live(here, step{"aws:cloudwatch/eventTarget:EventTarget", "target",
		object{"eventBusName": bus.id, "rule": rule.outputs["name"], "arn": peer.outputs["arn"], "roleArn": "arn:aws:iam::123456789012:role/a"},
		object{"roleArn": "arn:aws:iam::123456789012:role/b"}, object{"rule": "other"}})
	assert.Contains(t, target.id, bus.id+"-")

	key := live(here, step{"aws:kms/key:Key", "key", object{"multiRegion": true}, object{"description": "b"}, object{"multiRegion": false}})
	live(there, step{"aws:kms/replicaKey:ReplicaKey", "replica", object{"primaryKeyArn": key.outputs["arn"]}, object{"description": "b"}, object{"primaryKeyArn": "arn:other"}})

	group := here.mustCreate("aws:cloudwatch/logGroup:LogGroup", "group", object{})
	api := live(here, step{"aws:apigatewayv2/api:Api", "api", object{"protocolType": "HTTP"}, object{"description": "b"}, object{"protocolType": "WEBSOCKET"}})
	integration := live(here, step{"aws:apigatewayv2/integration:Integration", "integration", object{"apiId": api.id, "integrationType": "AWS_PROXY",
		"integrationUri": "arn:aws:lambda:us-east-1:123456789012:function:f", "payloadFormatVersion": "2.0"}, object{"description": "b"}, object{"integrationType": "HTTP_PROXY"}})
	authorizer := live(here, step{"aws:apigatewayv2/authorizer:Authorizer", "users", object{"apiId": api.id, "authorizerType": "JWT",
		"identitySources":  []any{"$request.header.Authorization"},
		"jwtConfiguration": object{"issuer": "https://login.example.com", "audiences": []any{"a"}}},
		object{"jwtConfiguration": object{"issuer": "https://login.example.com", "audiences": []any{"b"}}}, object{"apiId": "other"}})
	live(here, step{"aws:apigatewayv2/route:Route", "route", object{"apiId": api.id, "routeKey": "GET /", "target": "integrations/" + integration.id,
		"authorizationType": "JWT", "authorizerId": authorizer.id}, object{"routeKey": "GET /x"}, object{"apiId": "other"}})
	stage := live(here, step{"aws:apigatewayv2/stage:Stage", "stage", object{"apiId": api.id, "name": "$default", "autoDeploy": true,
		"accessLogSettings":    object{"destinationArn": group.outputs["arn"], "format": "$context.requestId"},
		"defaultRouteSettings": object{"throttlingRateLimit": 10, "throttlingBurstLimit": 20}}, object{"description": "b"}, object{"name": "other"}})
	assert.Equal(t, api.outputs["apiEndpoint"].(string)+"/", stage.outputs["invokeUrl"])

	for i := len(made) - 1; i >= 0; i-- {
		require.NoError(t, made[i]())
	}
	gone, err := here.refresh(api)
	require.NoError(t, err)
	assert.Empty(t, gone.id)
}

func with(o, more object) object {
	merged := object{}
	for name, value := range o {
		merged[name] = value
	}
	for name, value := range more {
		merged[name] = value
	}
	return merged
}
