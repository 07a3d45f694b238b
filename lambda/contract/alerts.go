package contract

// Kinds of alert, the values of AttributeKind.
const (
	// AlertOpened says that an endpoint is lost.
	AlertOpened = "opened"
	// AlertReminder says that it still is.
	AlertReminder = "reminder"
	// AlertResolved says that it serves again.
	AlertResolved = "resolved"
	// AlertWithdrawn says that somebody took a region out of traffic, and until when.
	AlertWithdrawn = "withdrawn"
	// AlertReturned says that somebody ended that before its time.
	AlertReturned = "returned"
	// AlertLapsed says that the loss of the other endpoint ended it.
	AlertLapsed = "lapsed"
)

// Names of an alert's message attributes, for subscription filters and for programs that read alerts. Their values are
// strings, except the number of AttributeIncident.
const (
	// AttributeKind is one of the above.
	AttributeKind = "kind"
	// AttributeRegion is the region of the endpoint.
	AttributeRegion = "endpoint_region"
	// AttributeReason is the reason of the latest verdict when the incident opened; of AlertRestoreTest the result.
	AttributeReason = "reason"
	// AttributeConfirmed is true if a second observer agreed, else false.
	AttributeConfirmed = "confirmed"
	// AttributeIncident is the number of the incident among those of its endpoint; 0 if no database could record it.
	AttributeIncident = "incident"
)
