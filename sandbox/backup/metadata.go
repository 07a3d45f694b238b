package backup

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Target is what a restore makes: one cluster, or a pair with its witness.
type Target struct {
	Clusters []TargetCluster // that of the recovery point's region first
	Witness  string
}

// TargetCluster is a cluster that a restore makes.
type TargetCluster struct {
	Region             string
	DeletionProtection bool   // on unless it is turned off
	KMSKey             string // an ARN; "" for the key that AWS owns
}

// Pair is whether it is a pair.
func (t Target) Pair() bool { return t.Witness != "" }

// The documented keys of a restore's metadata ("Amazon Aurora DSQL restore", AWS Backup Developer Guide), in whatever
// case: the service itself names them in lower case where it refuses others.
const (
	keyOrchestration = "useMultiRegionOrchestration"
	keyWitness       = "witnessRegion"
	keyPeer          = "peerRegion"
	keyRegional      = "regionalConfig"
)

var metadataKeys = []string{keyOrchestration, keyPeer, keyRegional, keyWitness}

// ReadMetadata reads the metadata of StartRestoreJob for a recovery point in a region.
func ReadMetadata(region string, metadata map[string]string) (Target, error) {
	given, err := known(metadata)
	if err != nil {
		return Target{}, err
	}
	orchestrated := false
	if text, ok := given[keyOrchestration]; ok {
		if orchestrated, err = strconv.ParseBool(text); err != nil {
			return Target{}, invalidMetadata(keyOrchestration, text, `"true" or "false"`)
		}
	}
	target := Target{Clusters: []TargetCluster{{Region: region, DeletionProtection: true}}}
	peer, witness := given[keyPeer], given[keyWitness]
	switch {
	case orchestrated:
		peers, err := readPeers(peer)
		if err != nil || slices.Contains(peers, region) || slices.Contains(peers, witness) {
			return Target{}, invalidMetadata(keyPeer, peer, `["<region>"], one that is neither `+region+" nor the witness")
		}
		if witness == "" || witness == region {
			return Target{}, invalidMetadata(keyWitness, witness, "a Region other than "+region)
		}
		target.Witness = witness
		target.Clusters = append(target.Clusters, TargetCluster{Region: peers[0], DeletionProtection: true})
	case peer != "" || witness != "":
		return Target{}, invalidMetadata(keyOrchestration, given[keyOrchestration],
			`"true" with `+keyPeer+" and "+keyWitness)
	}
	return target, target.configure(given[keyRegional])
}

// known are the values by the documented spelling of their keys.
func known(metadata map[string]string) (map[string]string, error) {
	given := map[string]string{}
	var others []string
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		i := slices.IndexFunc(metadataKeys, func(k string) bool { return strings.EqualFold(k, key) })
		if i < 0 {
			others = append(others, key)
			continue
		}
		given[metadataKeys[i]] = metadata[key]
	}
	if len(others) > 0 {
		return nil, invalidValue("Restore metadata has unrecognized keys %s: want %s", strings.Join(others, ", "),
			strings.Join(metadataKeys, ", "))
	}
	return given, nil
}

func invalidMetadata(key, value, want string) error {
	return invalidValue("Restore metadata %s is %q: want %s", key, value, want)
}

// readPeers reads a list of one region.
func readPeers(text string) (peers []string, err error) {
	err = json.Unmarshal([]byte(text), &peers)
	if err == nil && (len(peers) != 1 || peers[0] == "") {
		err = invalidMetadata(keyPeer, text, "one Region")
	}
	return peers, err
}

// configure applies regionalConfig, a list of objects as text.
func (t *Target) configure(text string) error {
	if text == "" {
		return nil
	}
	const want = `[{"region":"…","isDeletionProtectionEnabled":true,"kmsKeyId":"…"}], each Region of the restore once`
	var configs []struct {
		Region     string `json:"region"`
		Protection *bool  `json:"isDeletionProtectionEnabled"`
		KMSKey     string `json:"kmsKeyId"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&configs); err != nil {
		return invalidMetadata(keyRegional, text, want)
	}
	seen := map[string]bool{}
	for _, c := range configs {
		i := slices.IndexFunc(t.Clusters, func(k TargetCluster) bool { return k.Region == c.Region })
		if i < 0 || seen[c.Region] {
			return invalidMetadata(keyRegional, text, want)
		}
		seen[c.Region] = true
		t.Clusters[i].KMSKey = c.KMSKey
		if c.Protection != nil {
			t.Clusters[i].DeletionProtection = *c.Protection
		}
	}
	return nil
}
