package wire

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// s3XML is S3's REST-XML, of which there are only raw bodies and errors.
type s3XML struct{ rest }

// s3Codes are S3's names of errors that other services call otherwise (S3 API Reference, "Error responses").
var s3Codes = map[string]string{
	"IncompleteSignature":        "AuthorizationHeaderMalformed",
	"InternalFailure":            "InternalError",
	"InvalidClientTokenId":       "InvalidAccessKeyId",
	"MissingAuthenticationToken": "AccessDenied",
	"RequestEntityTooLarge":      "EntityTooLarge",
}

func (s3XML) refuse(out *answer, failed failure) {
	out.contentType = "application/xml"
	out.header.Set("X-Amz-Request-Id", out.requestID)
	body, _ := xml.Marshal(struct { // it always marshals
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: renamed(failed.code, s3Codes), Message: failed.message, RequestID: out.requestID})
	out.body = append([]byte(xml.Header), body...)
}

// signedFor says whether a request is signed for a service, in its header or in its query.
func signedFor(r *http.Request, service string) bool {
	scope := "/" + service + "/aws4_request"
	return strings.Contains(r.Header.Get("Authorization"), scope) ||
		strings.HasSuffix(r.URL.Query().Get("X-Amz-Credential"), scope)
}
