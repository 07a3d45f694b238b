package sigv4

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Verified is what a valid signature says: who sent the request, and the region and service it was made for.
type Verified struct {
	Credentials     iam.Credentials
	Region, Service string
}

// Verify checks a request's signature, over this body, against the credentials IAM has given out. Written is the time
// that a caller in a region has read from its clock, if it calls it so. The error is AWS's: MissingAuthenticationToken,
// IncompleteSignature, InvalidClientTokenId, ExpiredToken or SignatureDoesNotMatch.
func Verify(
	identities *iam.Service,
	r *http.Request,
	body []byte,
	written func(region string, t time.Time) time.Time,
) (Verified, error) {
	signed, err := Parse(r)
	if errors.Is(err, errUnsigned) {
		return Verified{}, awserr.Denied("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	if err != nil {
		return Verified{}, awserr.Invalid("IncompleteSignature", "%v", err)
	}
	credentials, err := identities.Lookup(signed.AccessKey)
	if err != nil {
		return Verified{}, err
	}
	if subtle.ConstantTimeCompare([]byte(signed.SessionToken), []byte(credentials.SessionToken)) != 1 {
		return Verified{}, awserr.Denied("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if err := signed.CheckTime(written(credentials.Region, signed.Time), time.Now()); err != nil {
		return Verified{}, awserr.Denied("SignatureDoesNotMatch", "%v", err)
	}
	if !signed.Matches(r, body, credentials.SecretAccessKey) {
		return Verified{}, awserr.Denied("SignatureDoesNotMatch", "The request signature we calculated does not match "+
			"the signature you provided. Check your AWS Secret Access Key and signing method. "+
			"Consult the service documentation for details.")
	}
	return Verified{Credentials: credentials, Region: signed.Region, Service: signed.Service}, nil
}
