// Package s3 is what there is of S3 on the AWS face: the deployment packages of functions.
package s3

import (
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/sigv4"
	"aurora-dsql-dr/sandbox/lambda"
)

// Operations are all there is of S3: what GetFunction's Code.Location leads to, as on AWS.
var Operations = []call.Operation{
	call.On("GetObject", get).At("GET", "/lambda-packages/{Key}", wire.RawBody("Body")),
}

// Beside goes with the refusal of anything else.
const Beside = " of the packages that Lambda's GetFunction points to; the sandbox has no buckets"

// lifetime is how long a location works (Lambda API Reference, FunctionCodeLocation).
const lifetime = 10 * time.Minute

// Location is a presigned URL of a function's deployment package.
func Location(c *call.Call, f lambda.Function) (string, error) {
	url := fmt.Sprintf("http://%s/lambda-packages/%s?X-Amz-Expires=%d", c.Host, f.Name, int(lifetime.Seconds()))
	owner := c.Account.IAM.Admin()
	signer := aws.Credentials{AccessKeyID: owner.AccessKeyID, SecretAccessKey: owner.SecretAccessKey}
	return sigv4.Presign(c, signer, url, "s3", c.Region.Name, time.Now())
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
