package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// archiveVersion pins the Pulumi archive package.
const archiveVersion = "0.4.0"

// zipFile packages one file with the Pulumi archive package's getFile. A zip keeps the executable bit that a directory
// asset loses, and the package writes a fixed modification time, so equal files give equal bytes. The function is
// called by its token: this is the one place to change when the package's Go SDK is used instead.
func zipFile(ctx *pulumi.Context, source, output string) (*zipFileResult, error) {
	args := zipFileArgs{
		Type:           "zip",
		SourceFile:     source,
		OutputPath:     output,
		OutputFileMode: "0755",
	}
	var result zipFileResult
	err := ctx.Invoke("archive:index/getFile:getFile", &args, &result, pulumi.Version(archiveVersion))
	return &result, err
}

type zipFileArgs struct {
	Type           string `pulumi:"type"`
	SourceFile     string `pulumi:"sourceFile"`
	OutputPath     string `pulumi:"outputPath"`
	OutputFileMode string `pulumi:"outputFileMode"`
}

type zipFileResult struct {
	OutputPath         string `pulumi:"outputPath"`
	OutputBase64sha256 string `pulumi:"outputBase64sha256"`
}
