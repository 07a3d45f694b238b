package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/lambda"
)

// packageOperations are all there is of S3: what GetFunction's Code.Location leads to, as on AWS.
var packageOperations = []operation{
	on("GetObject", getPackage).at("GET", "/lambda-packages/{Key}", rawBody("Body")),
}

// packageLifetime is how long a location works (Lambda API Reference, FunctionCodeLocation).
const packageLifetime = 10 * time.Minute

// emptyHash is the SHA-256 of no body.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// packageLocation is a presigned URL of a function's deployment package.
func (c *Call) packageLocation(f lambda.Function) (string, error) {
	url := fmt.Sprintf("http://%s/lambda-packages/%s?X-Amz-Expires=%d", c.host, f.Name, int(packageLifetime.Seconds()))
	r, err := http.NewRequestWithContext(c, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	signer := aws.Credentials{AccessKeyID: c.owner.AccessKeyID, SecretAccessKey: c.owner.SecretAccessKey}
	location, _, err := v4.NewSigner().PresignHTTP(c, signer, r, emptyHash, "s3", c.Region, time.Now())
	return location, err
}

type packageInput struct{ Key *string }

type packageOutput struct{ Body []byte }

func getPackage(c *Call, in *packageInput) (*packageOutput, error) {
	f, err := c.services.Lambda.Function(aws.ToString(in.Key))
	if err != nil {
		return nil, awserr.NotFound(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if err := c.Authorize("s3:GetObject", "arn:aws:s3:::lambda-packages/"+f.Name, nil); err != nil {
		return nil, err
	}
	return &packageOutput{Body: f.Code}, nil
}
