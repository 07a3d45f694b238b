package sns

import (
	"crypto/rand"
	"errors"
	"regexp"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Publication is what is published.
type Publication struct {
	TopicARN   string
	Subject    string            // optional
	Message    string            // required, at most 256 KiB
	Structure  string            // optional, "json" for a text of its own by protocol
	Attributes map[string]string // optional, String attributes
}

// Failure is a publication that was refused or a delivery that failed. Nobody sees those on AWS unless delivery status
// logging is on; here they are the first place to look when a message does not arrive.
type Failure struct {
	Time      time.Time
	TopicARN  string
	Publisher string
	Subject   string
	Protocol  string // "" when the publication itself was refused
	Endpoint  string
	Err       error
}

const maxFailures = 1000

// Failures returns the latest failures, oldest first.
func (s *Service) Failures() []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

func (s *Service) fail(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Time = s.env.Now()
	s.failures = append(s.failures, f)
	if surplus := len(s.failures) - maxFailures; surplus > 0 {
		s.failures = slices.Delete(s.failures, 0, surplus)
	}
}

// Publish delivers a message to every subscription of a topic, if the topic's policy or the caller's own lets the
// caller publish and, for an encrypted topic, the caller may use the key: SNS encrypts with the publisher's permissions
// (SNS Developer Guide, "Key management"). Context holds the condition keys the caller brings: aws:SecureTransport,
// and aws:SourceArn, aws:SourceAccount and aws:SourceOwner from a service.
func (s *Service) Publish(caller iam.Principal, p Publication, ctx iam.Context) (messageID string, err error) {
	texts, err := s.publishable(caller, p, ctx)
	if err != nil {
		s.fail(Failure{
			TopicARN:  p.TopicARN,
			Publisher: caller.ARN,
			Subject:   p.Subject,
			Err:       err,
		})
		return "", err
	}
	messageID = rand.Text()
	s.count(p.TopicARN, Counts{Published: 1})
	for _, sub := range s.Subscriptions(p.TopicARN) {
		if sub.PendingConfirmation {
			continue
		}
		p.Message = texts.forProtocol(sub.Protocol)
		err := s.deliver(caller, messageID, p, sub)
		if err == nil {
			s.count(p.TopicARN, Counts{Delivered: 1})
		} else {
			s.count(p.TopicARN, Counts{Failed: 1})
			s.fail(Failure{
				TopicARN: p.TopicARN, Publisher: caller.ARN, Subject: p.Subject,
				Protocol: sub.Protocol, Endpoint: sub.Endpoint, Err: err,
			})
		}
	}
	return messageID, nil
}

// publishable returns what is to be sent.
func (s *Service) publishable(caller iam.Principal, p Publication, ctx iam.Context) (texts, error) {
	if err := s.env.Available("sns"); err != nil {
		return nil, err
	}
	topic, err := s.find(p.TopicARN)
	if err != nil {
		return nil, err
	}
	if caller.Service == "" {
		ctx = merge(ctx, iam.Context{"aws:SourceOwner": s.env.Account})
	}
	if err := s.iam.AuthorizeResource(caller, "sns:Publish", topic.Arn, ctx, topic.policy); err != nil {
		return nil, err
	}
	if err := checkPublication(p); err != nil {
		return nil, err
	}
	texts, err := p.texts()
	if err != nil || topic.KmsMasterKeyID == "" {
		return texts, err
	}
	return texts, s.mayEncrypt(caller, topic.Topic, ctx)
}

// subjectForm is SNS's rule for subjects: ASCII that begins with a letter, number or punctuation mark, without control
// characters, below 100 characters (SNS API Reference, Publish).
var subjectForm = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

func checkPublication(p Publication) error {
	if p.Message == "" || len(p.Message) > 256<<10 {
		return awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Message of %d bytes: want 1 to 262144",
			len(p.Message),
		)
	}
	if p.Subject != "" && !subjectForm.MatchString(p.Subject) {
		return awserr.Invalid("InvalidParameter",
			"Invalid parameter: Subject %q: want up to 99 printable ASCII characters, the first not a space", p.Subject)
	}
	return nil
}

func (s *Service) mayEncrypt(caller iam.Principal, topic Topic, ctx iam.Context) error {
	ctx = merge(ctx, iam.Context{"kms:EncryptionContext:aws:sns:topicArn": topic.Arn})
	if caller.Service == "" {
		ctx["kms:ViaService"] = "sns." + s.env.Name + ".amazonaws.com"
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		if err := s.keys.Use(caller, action, topic.KmsMasterKeyID, ctx); err != nil {
			return kmsError(err)
		}
	}
	return nil
}

// kmsError gives a KMS error the code SNS answers with (SNS API Reference, Publish).
func kmsError(err error) error {
	var e *awserr.Error
	switch {
	case !errors.As(err, &e):
		return err
	case errors.Is(err, awserr.ErrDenied):
		return awserr.Denied("KMSAccessDenied", "%s", e.Message)
	case errors.Is(err, awserr.ErrNotFound):
		return awserr.NotFound(400, "KMSNotFound", "%s", e.Message)
	case e.Code == "DisabledException":
		return awserr.Invalid("KMSDisabled", "%s", e.Message)
	case e.Code == "KMSInvalidStateException":
		return awserr.Invalid("KMSInvalidState", "%s", e.Message)
	default:
		return err
	}
}

func kindOf(caller iam.Principal) Kind {
	switch caller.Service {
	case "cloudwatch.amazonaws.com":
		return KindAlarm
	case "events.amazonaws.com":
		return KindEvent
	default:
		return KindAlert
	}
}

func merge(contexts ...iam.Context) iam.Context {
	merged := iam.Context{}
	for _, c := range contexts {
		for k, v := range c {
			merged[k] = v
		}
	}
	return merged
}
