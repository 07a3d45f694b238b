package schema

// RolePrefix begins the name of every role declared here, now or ever. Any role of that prefix is taken for ours: who
// is still mapped to one that is no longer declared is cut off. No other role is touched.
const RolePrefix = "dr_"

// The roles, by the function that connects as them.
const (
	RoleMonitor      = "dr_monitor"      // the health checks
	RoleLivez        = "dr_livez"        // what Route 53's health checkers ask
	RoleTransactions = "dr_transactions" // the application's transaction service
	RolePublisher    = "dr_publisher"    // the application's outbox publisher
	RoleProcessor    = "dr_processor"    // the application's event processor
	RoleVerify       = "dr_verify"       // who verifies restored databases
)

// Role is a database role that IAM roles connect as.
type Role struct {
	// Name is a plain lower-case identifier that begins with RolePrefix.
	Name string
	// Grants are what the role may do, each the middle of a GRANT statement: "SELECT ON dr.marker". They are granted on
	// every run of the migrations; a privilege that is taken off the list is revoked by a migration.
	Grants []string
	// Optional tells that the role is that of a part which a deployment may leave out, the application, the routing of
	// traffic or backups: nobody needs to be mapped to it.
	Optional bool
}

// RoleNamed is a declared role by its name.
func RoleNamed(name string) (role Role, found bool) {
	for _, role := range Roles() {
		if role.Name == name {
			return role, true
		}
	}
	return Role{}, false
}

// Roles are the declared roles, in a stable order.
func Roles() []Role {
	return []Role{
		{
			Name: RoleMonitor,
			Grants: []string{
				"USAGE ON SCHEMA dr",
				"SELECT, INSERT, UPDATE ON dr.marker",
				"SELECT, INSERT, UPDATE ON dr.incident",
				"SELECT, INSERT, UPDATE ON dr.withdrawal",
				"SELECT, INSERT, UPDATE ON dr.withdrawal_guard",
			},
		},
		{
			Name:     RoleLivez,
			Optional: true,
			Grants: []string{
				"USAGE ON SCHEMA dr",
				"SELECT ON dr.incident",
				"SELECT ON dr.withdrawal",
			},
		},
		{
			Name:     RoleTransactions,
			Optional: true,
			Grants: []string{
				"USAGE ON SCHEMA app",
				"SELECT, INSERT ON app.transaction",
				"SELECT, INSERT ON app.outbox",
				"SELECT ON app.transaction_total",
				"SELECT ON app.transaction_history",
				"SELECT ON app.projection",
				"SELECT ON app.projection_total",
				"SELECT ON app.keyset",
			},
		},
		{
			Name:     RolePublisher,
			Optional: true,
			Grants: []string{
				"USAGE ON SCHEMA app",
				"SELECT, UPDATE, DELETE ON app.outbox",
				"SELECT, INSERT, UPDATE ON app.publisher",
				"SELECT ON app.transaction_position",
				"SELECT, INSERT, UPDATE ON app.transaction_history",
				"SELECT, INSERT, UPDATE ON app.transaction_total",
				"SELECT, UPDATE ON app.projection",
				"SELECT, INSERT, UPDATE ON app.projection_total",
			},
		},
		{
			Name:     RoleProcessor,
			Optional: true,
			Grants: []string{
				"USAGE ON SCHEMA app",
				"SELECT, INSERT ON app.projection",
			},
		},
		{
			Name:     RoleVerify,
			Optional: true,
			Grants: []string{
				"USAGE ON SCHEMA dr",
				"USAGE ON SCHEMA app",
				"SELECT ON dr.incident",
				"SELECT ON dr.marker",
				"SELECT ON dr.withdrawal",
				"SELECT ON dr.withdrawal_guard",
				"SELECT ON app.keyset",
				"SELECT ON app.outbox",
				"SELECT ON app.projection",
				"SELECT ON app.projection_total",
				"SELECT ON app.publisher",
				"SELECT ON app.transaction",
				"SELECT ON app.transaction_history",
				"SELECT ON app.transaction_position",
				"SELECT ON app.transaction_total",
				"SELECT ON " + VersionTable,
			},
		},
	}
}
