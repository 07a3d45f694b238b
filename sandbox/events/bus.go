package events

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// DefaultBus is the bus every region has; AWS's own events and schedules are on it alone.
const DefaultBus = "default"

// Bus is an event bus. Arn is given by EventBridge.
type Bus struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// KmsKeyIdentifier is the customer managed key that encrypts the events, "" for a key of AWS's. EventBridge uses it as
	// events.amazonaws.com, so its policy must let it.
	KmsKeyIdentifier string `json:"kmsKeyIdentifier,omitempty"`
	// DeadLetterConfig is where events go that the key refuses to encrypt; without it they are lost.
	DeadLetterConfig *DeadLetterConfig `json:"deadLetterConfig,omitempty"`
	Tags             map[string]string `json:"tags,omitempty"`

	Arn string `json:"arn"`
}

type bus struct {
	Bus
	rules map[string]*storedRule
}

func newBus(b Bus) *bus { return &bus{Bus: b, rules: map[string]*storedRule{}} }

func (s *Service) busARN(name string) string { return s.env.ARN("events", "event-bus/"+name) }

// CreateBus creates an event bus.
func (s *Service) CreateBus(b Bus) (Bus, error) {
	if err := b.check(); err != nil {
		return Bus{}, err
	}
	if err := s.checkKey(b); err != nil {
		return Bus{}, err
	}
	b.Arn = s.busARN(b.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.buses[b.Name]; taken {
		return Bus{}, awserr.Conflict(
			http.StatusBadRequest,
			"ResourceAlreadyExistsException",
			"Event bus %s already exists.",
			b.Name,
		)
	}
	if most := s.env.Limit(BusQuota); len(s.buses) >= most {
		return Bus{}, limitExceeded("event buses in a Region", most)
	}
	s.buses[b.Name] = newBus(b)
	return b, nil
}

// checkKey refuses a key that does not exist or cannot be used by anyone.
func (s *Service) checkKey(b Bus) error {
	if b.KmsKeyIdentifier == "" {
		return nil
	}
	if err := s.deps.KMS.Usable(b.KmsKeyIdentifier); err != nil {
		return awserr.Invalid("ValidationException", "KMS key of event bus %s: %v", b.Name, err)
	}
	return nil
}

// Bus finds an event bus by its name or ARN.
func (s *Service) Bus(name string) (Bus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(name)
	if err != nil {
		return Bus{}, err
	}
	return b.Bus, nil
}

// Buses lists the event buses by name, the default one included.
func (s *Service) Buses() []Bus {
	s.mu.Lock()
	defer s.mu.Unlock()
	var buses []Bus
	for _, name := range slices.Sorted(maps.Keys(s.buses)) {
		buses = append(buses, s.buses[name].Bus)
	}
	return buses
}

// UpdateBus replaces description, key, dead-letter queue and tags of a bus.
func (s *Service) UpdateBus(b Bus) (Bus, error) {
	if err := b.check(); err != nil {
		return Bus{}, err
	}
	if err := s.checkKey(b); err != nil {
		return Bus{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.bus(b.Name)
	if err != nil {
		return Bus{}, err
	}
	b.Arn = old.Arn
	old.Bus = b
	return b, nil
}

// DeleteBus deletes a bus that has no rules left.
func (s *Service) DeleteBus(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(name)
	switch {
	case err != nil:
		return err
	case b.Name == DefaultBus:
		return awserr.Invalid("ValidationException", "Cannot delete event bus default.")
	case len(b.rules) > 0:
		return awserr.Invalid("ValidationException", "Event bus %s cannot be deleted since it has rules.", b.Name)
	}
	delete(s.buses, b.Name)
	return nil
}

// bus finds a bus by its name or ARN, "" for the default one. The caller holds the lock.
func (s *Service) bus(name string) (*bus, error) {
	if name == "" {
		name = DefaultBus
	}
	b, ok := s.buses[strings.TrimPrefix(name, s.busARN(""))]
	if !ok {
		return nil, awserr.NotFound(http.StatusBadRequest, "ResourceNotFoundException", "Event bus %s does not exist.", name)
	}
	return b, nil
}

// encrypt asks the bus's key whether EventBridge may encrypt and decrypt (EventBridge User Guide, "Encrypting event
// buses"). KMS being unavailable is worth a retry; any other error is the key's refusal.
func (s *Service) encrypt(b Bus) error {
	if b.KmsKeyIdentifier == "" {
		return nil
	}
	request := iam.Context{
		"kms:EncryptionContext:aws:events:event-bus:arn": b.Arn,
		"aws:SourceArn":     b.Arn,
		"aws:SourceAccount": s.env.Account,
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		if err := s.deps.KMS.Use(iam.ServicePrincipal(principal), action, b.KmsKeyIdentifier, request); err != nil {
			return err
		}
	}
	return nil
}

// receive puts a complete event on a bus: into its archives and to the rules that match, or only to those of the given
// ARNs. What the key refuses goes to the bus's dead-letter queue ("Using dead-letter queues to capture encrypted event
// errors"). The error says that the bus does not exist or that the event could not be taken for now.
func (s *Service) receive(name string, body []byte, document map[string]any, onlyRules []string) error {
	target, err := s.Bus(name)
	if err != nil {
		return err
	}
	if err := s.encrypt(target); errors.Is(err, awserr.ErrUnavailable) {
		return err
	} else if err != nil {
		s.refuse(target, body, document, err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(name)
	if err != nil {
		return err
	}
	s.archive(b.Bus, body, document)
	for _, name := range slices.Sorted(maps.Keys(b.rules)) {
		r := b.rules[name]
		if r.State == "ENABLED" && r.pattern != nil && r.pattern.matches(document) &&
			(onlyRules == nil || slices.Contains(onlyRules, r.Arn)) {
			s.trigger(r, body)
		}
	}
	return nil
}

// refuse sends an event that the bus's key refused to the bus's dead-letter queue.
func (s *Service) refuse(b Bus, body []byte, document map[string]any, cause error) {
	if b.DeadLetterConfig != nil && b.DeadLetterConfig.Arn != "" {
		attributes := map[string]string{"EVENT_BUS_ARN": b.Arn, "ERROR_CODE": code(cause), "ERROR_MESSAGE": cause.Error()}
		err := s.send(b.Arn, b.DeadLetterConfig.Arn, string(body), attributes)
		if err == nil {
			return
		}
		cause = errors.Join(cause, err)
	}
	s.lose(b.Arn, document, cause)
}
