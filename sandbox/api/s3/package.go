// Package s3 is what there is of S3 on the AWS face: the deployment packages of functions.
package s3

import (
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/lambda"
)

// Operations are all there is of S3: what GetFunction's Code.Location leads to, as on AWS.
var Operations = []call.Operation{
	call.On("GetObject", get).At("GET", "/lambda-packages/{Key}", wire.RawBody("Body")),
}

// lifetime is how long a location works (Lambda API Reference, FunctionCodeLocation).
const lifetime = 10 * time.Minute

// emptyHash is the SHA-256 of no body.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Location is a presigned URL of a function's deployment package.
func Location(c *call.Call, f lambda.Function) (string, error) {
	url := fmt.Sprintf("http://%s/lambda-packages/%s?X-Amz-Expires=%d", c.Host, f.Name, int(lifetime.Seconds()))
	r, err := http.NewRequestWithContext(c, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	owner := c.Account.IAM.Admin()
	signer := aws.Credentials{AccessKeyID: owner.AccessKeyID, SecretAccessKey: owner.SecretAccessKey}
	location, _, err := v4.NewSigner().PresignHTTP(c, signer, r, emptyHash, "s3", c.Region.Name, time.Now())
	return location, err
}

type getInput struct{ Key *string }

type getOutput struct{ Body []byte }

func get(c *call.Call, in *getInput) (*getOutput, error) {
	f, err := c.Region.Lambda.Function(aws.ToString(in.Key))
	if err != nil {
		return nil, awserr.NotFound(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if err := c.Authorize("s3:GetObject", "arn:aws:s3:::lambda-packages/"+f.Name, nil); err != nil {
		return nil, err
	}
	return &getOutput{Body: f.Code}, nil
}
