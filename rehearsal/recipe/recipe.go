// Package recipe deploys what the public recipe for Aurora DSQL disaster recovery describes, and lives it through an
// outage: the column beside ours in the reports.
//
// It is written from the recipe's documented parameters: an observer in each of the two data regions that asks for the
// status of its own cluster every two minutes and publishes 1 for ACTIVE and 0 for anything else; one alarm, in the
// primary region, on two periods of 300 seconds; an unencrypted topic in each region.
//
// Two of its defects are repaired, since it would not work at all with them, and the reports say so: the clusters are
// peered (it waits for ACTIVE before it peers, which never comes), and the alarm names the dimensions that the function
// publishes (it names none, so it never sees data).
package recipe

// Repairs are what was put right, for reports.
var Repairs = []string{
	"its clusters are peered: it waits for ACTIVE before peering, a state that only peering brings",
	"its alarm names the dimensions that are published: it names none and would never see data",
}
