package chronicle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
)

func alarm(from, to string) sns.Message {
	return sns.Message{
		Kind:    sns.KindAlarm,
		Subject: to,
		Body:    `{"AlarmName":"a","OldStateValue":"` + from + `","NewStateValue":"` + to + `"}`,
	}
}

func alert(kind string) sns.Message {
	return sns.Message{
		Kind: sns.KindAlert,
		Attributes: map[string]string{
			contract.AttributeKind:   kind,
			contract.AttributeRegion: "us-east-1",
		},
	}
}

func TestWhatAMessageMeans(t *testing.T) {
	for intent, tt := range map[string]struct {
		message sns.Message
		kind    Kind
		tone    Tone
		pages   bool
	}{
		"a loss":                      {alert(contract.AlertOpened), Lost, Bad, true},
		"it lasts":                    {alert(contract.AlertReminder), Reminder, Bad, true},
		"an all-clear":                {alert(contract.AlertResolved), Resolved, Good, true},
		"a withdrawal":                {alert(contract.AlertWithdrawn), Withdrawn, Warning, false},
		"a return":                    {alert(contract.AlertReturned), Returned, Good, false},
		"a withdrawal that lapsed":    {alert(contract.AlertLapsed), Lapsed, Warning, false},
		"a restore test that failed":  {alert(contract.AlertRestoreTest), Alert, Bad, true},
		"somebody else's alert":       {sns.Message{Kind: sns.KindAlert}, Alert, Bad, true},
		"a test, by hand":             {sns.Message{Kind: sns.KindAlert, Subject: "TEST: ignore"}, Test, Note, false},
		"a word that begins so":       {sns.Message{Kind: sns.KindAlert, Subject: "Testimony"}, Alert, Bad, true},
		"an alarm":                    {alarm("OK", "ALARM"), InAlarm, Bad, true},
		"its end":                     {alarm("ALARM", "OK"), BackToOK, Good, false},
		"an alarm that lost its data": {alarm("ALARM", "INSUFFICIENT_DATA"), NoData, Warning, true},
		"a new alarm's first OK":      {alarm("INSUFFICIENT_DATA", "OK"), Begins, Quiet, false},
		"an alarm nobody can read":    {sns.Message{Kind: sns.KindAlarm, Body: "?"}, Unreadable, Note, true},
		"an event":                    {sns.Message{Kind: sns.KindEvent}, Event, Note, false},
		"what somebody did":           {sns.Message{Kind: sns.KindEvent, Body: `{"alert":"DeleteCluster"}`}, Changed, Warning, false},
		"a confirmation":              {sns.Message{Kind: sns.KindConfirmation}, Confirmation, Quiet, false},
	} {
		t.Run(intent, func(t *testing.T) {
			read := ReadMessage(tt.message)
			assert.Equal(t, tt.kind, read.Kind)
			assert.Equal(t, tt.tone, read.Tone())
			assert.Equal(t, tt.pages, read.Pages())
		})
	}
	assert.Equal(t, "us-east-1", ReadMessage(alert(contract.AlertOpened)).Endpoint)
	assert.Equal(t, "us-east-1", ReadMessage(alert(contract.AlertWithdrawn)).Endpoint)
	assert.True(t, ReadMessage(alert(contract.AlertWithdrawn)).Awaited(), "it is to be told once")
	assert.False(t, ReadMessage(sns.Message{Kind: sns.KindEvent}).Awaited())
	event := sns.Message{Kind: sns.KindEvent, Body: `{"alert":"DeleteCluster on Aurora DSQL in us-east-1 by me","request":{}}`}
	assert.Equal(t, "DeleteCluster on Aurora DSQL in us-east-1", ReadMessage(event).says.one)
	gone := sns.Message{Kind: sns.KindEvent, Body: `{"alert":"REFUSED (AccessDenied): DeleteRecoveryPoint on AWS Backup in us-east-1 by me"}`}
	assert.Equal(t, "REFUSED (AccessDenied): DeleteRecoveryPoint on AWS Backup in us-east-1", ReadMessage(gone).says.one)
	assert.True(t, ReadMessage(event).Awaited(), "an expected one is to be told, and no other")
	assert.Equal(t, "a", ReadMessage(alarm("OK", "ALARM")).Alarm)
}

func TestOnlyChangesIntoAlarmAndOutOfItAreTold(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	item := func(kind string, from, to cloudwatch.State) cloudwatch.HistoryItem {
		return cloudwatch.HistoryItem{
			AlarmName: "lost",
			Timestamp: at,
			Type:      kind,
			Old:       from,
			New:       to,
			Reason:    "crossed",
		}
	}
	const update = cloudwatch.HistoryStateUpdate
	e, ok := readAlarm("us-east-2", item(update, cloudwatch.StateOK, cloudwatch.StateAlarm))
	assert.True(t, ok)
	assert.Equal(t, Entry{
		Time:   at,
		Source: Alarm,
		Tone:   Bad,
		Region: "us-east-2",
		Lane:   "alarm lost in us-east-2",
		Text:   "OK → ALARM",
		Title:  "lost ALARM",
		Detail: "crossed",
	}, e)
	e, ok = readAlarm("us-east-2", item(update, cloudwatch.StateAlarm, cloudwatch.StateOK))
	assert.True(t, ok)
	assert.Equal(t, Good, e.Tone)
	for _, quiet := range []cloudwatch.HistoryItem{
		item(update, cloudwatch.StateInsufficientData, cloudwatch.StateOK),
		item(cloudwatch.HistoryAction, cloudwatch.StateOK, cloudwatch.StateAlarm),
	} {
		_, ok := readAlarm("us-east-2", quiet)
		assert.False(t, ok)
	}
}
