package route53

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// place is where a region is, in degrees.
type place struct{ latitude, longitude float64 }

// places are the cities that AWS names its regions after. Route 53 measures latencies and publishes none; the sandbox
// takes the distance over ground for the latency, so that a region itself always comes first.
var places = map[string]place{
	"us-east-1":      {38.9, -77.4},  // Northern Virginia
	"us-east-2":      {40.0, -83.0},  // Ohio
	"us-west-1":      {37.4, -121.9}, // Northern California
	"us-west-2":      {45.8, -119.7}, // Oregon
	"ca-central-1":   {45.5, -73.6},  // Montreal
	"ca-west-1":      {51.0, -114.1}, // Calgary
	"sa-east-1":      {-23.5, -46.6}, // São Paulo
	"eu-central-1":   {50.1, 8.7},    // Frankfurt
	"eu-central-2":   {47.4, 8.5},    // Zurich
	"eu-west-1":      {53.3, -6.3},   // Dublin
	"eu-west-2":      {51.5, -0.1},   // London
	"eu-west-3":      {48.9, 2.4},    // Paris
	"eu-south-1":     {45.5, 9.2},    // Milan
	"eu-south-2":     {41.6, -0.9},   // Aragon
	"eu-north-1":     {59.3, 18.1},   // Stockholm
	"me-south-1":     {26.1, 50.6},   // Bahrain
	"me-central-1":   {24.5, 54.4},   // United Arab Emirates
	"il-central-1":   {32.1, 34.8},   // Tel Aviv
	"af-south-1":     {-33.9, 18.4},  // Cape Town
	"ap-south-1":     {19.1, 72.9},   // Mumbai
	"ap-south-2":     {17.4, 78.5},   // Hyderabad
	"ap-southeast-1": {1.4, 103.8},   // Singapore
	"ap-southeast-2": {-33.9, 151.2}, // Sydney
	"ap-southeast-3": {-6.2, 106.8},  // Jakarta
	"ap-southeast-4": {-37.8, 145.0}, // Melbourne
	"ap-northeast-1": {35.7, 139.7},  // Tokyo
	"ap-northeast-2": {37.6, 127.0},  // Seoul
	"ap-northeast-3": {34.7, 135.5},  // Osaka
	"ap-east-1":      {22.3, 114.2},  // Hong Kong
}

func knownRegions() string { return strings.Join(slices.Sorted(maps.Keys(places)), ", ") }

// distance between two regions, in radians over ground. A region without a place is at the end of the world.
func distance(a, b string) float64 {
	from, known := places[a]
	to, alsoKnown := places[b]
	switch {
	case a == b:
		return 0
	case !known || !alsoKnown:
		return math.Pi
	}
	rad := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	east := rad(to.longitude - from.longitude)
	cosine := math.Sin(rad(from.latitude))*math.Sin(rad(to.latitude)) +
		math.Cos(rad(from.latitude))*math.Cos(rad(to.latitude))*math.Cos(east)
	return math.Acos(min(1, max(-1, cosine)))
}

// nearest orders latency record sets for somebody in a region, the nearest first.
func nearest(sets []RecordSet, region string) []RecordSet {
	return slices.SortedStableFunc(slices.Values(sets), func(a, b RecordSet) int {
		return cmp.Or(cmp.Compare(distance(region, a.Region), distance(region, b.Region)),
			cmp.Compare(a.Region, b.Region))
	})
}
