package provider

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // an output of the real provider, no protection
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// archiveVersion is what the plugin says it is; the behaviour was read from pulumi-archive 0.3.5.
const archiveVersion = "0.4.0"

// archiveProvider serves the package "archive": its one function makes a zip file.
type archiveProvider struct {
	common
	dir string

	mu sync.Mutex // one archive at a time: several resources ask for the same one
	// made remembers archives by the hash of what they are made of: compressing is the slow part of a deployment.
	made map[[sha256.Size]byte][]byte
}

// entry is one file of an archive.
type entry struct {
	name    string
	mode    fs.FileMode
	content []byte
}

const getFile = "archive:index/getFile:getFile"

// fileArgs are the arguments of getFile that are modelled: one file or one directory into a zip.
type fileArgs struct {
	Type           string  `pulumi:"type" json:"type"`
	SourceFile     *string `pulumi:"sourceFile" json:"sourceFile"`
	SourceDir      *string `pulumi:"sourceDir" json:"sourceDir"`
	OutputPath     string  `pulumi:"outputPath" json:"outputPath"`
	OutputFileMode *string `pulumi:"outputFileMode" json:"outputFileMode"`
}

// zipTime is the modification time of every entry, so that the same content gives the same bytes.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func (p *archiveProvider) Handshake(
	context.Context,
	*pulumirpc.ProviderHandshakeRequest,
) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{}, nil
}

func (p *archiveProvider) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (p *archiveProvider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (p *archiveProvider) Configure(
	context.Context,
	*pulumirpc.ConfigureRequest,
) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

func (p *archiveProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Invoke writes the archive, in a preview as well, and answers its hashes.
func (p *archiveProvider) Invoke(_ context.Context, r *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	if r.GetTok() != getFile {
		return nil, status.Errorf(codes.InvalidArgument, "the sandbox has no function %s; it has %s", r.GetTok(), getFile)
	}
	inputs, err := unmarshal(r.GetArgs())
	if err != nil {
		return nil, err
	}
	if problems := checkObject("", inputs, reflect.TypeFor[fileArgs]()); len(problems) > 0 {
		return &pulumirpc.InvokeResponse{Failures: failures(problems)}, nil
	}
	args, err := decode[fileArgs](asJSON(inputs))
	if err != nil {
		return nil, err
	}
	content, err := p.write(args)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", args.OutputPath, err)
	}
	result, err := marshal(fileResult(inputs, content))
	return &pulumirpc.InvokeResponse{Return: result}, err
}

// write makes the zip file and returns its content.
func (p *archiveProvider) write(args fileArgs) ([]byte, error) {
	if args.Type != "zip" {
		return nil, fmt.Errorf("type is %q; the sandbox makes \"zip\"", args.Type)
	}
	if (args.SourceFile == nil) == (args.SourceDir == nil) {
		return nil, errors.New("give either sourceFile or sourceDir")
	}
	mode, err := fileMode(args.OutputFileMode)
	if err != nil {
		return nil, err
	}
	var entries []entry
	if args.SourceFile != nil {
		entries, err = readFile(p.path(*args.SourceFile), filepath.Base(*args.SourceFile), mode)
	} else {
		entries, err = readDir(p.path(*args.SourceDir), mode)
	}
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	content, err := p.zip(entries)
	if err != nil {
		return nil, err
	}
	return content, replaceFile(p.path(args.OutputPath), content)
}

// zip compresses the entries, or remembers having done so.
func (p *archiveProvider) zip(entries []entry) ([]byte, error) {
	key := fingerprint(entries)
	if content, ok := p.made[key]; ok {
		return content, nil
	}
	var content bytes.Buffer
	w := zip.NewWriter(&content)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: zipTime}
		header.SetMode(e.mode)
		file, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if p.made == nil {
		p.made = map[[sha256.Size]byte][]byte{}
	}
	p.made[key] = content.Bytes()
	return content.Bytes(), nil
}

func fingerprint(entries []entry) [sha256.Size]byte {
	hash := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(hash, "%q %o %d\n", e.name, e.mode, len(e.content))
		hash.Write(e.content)
	}
	return [sha256.Size]byte(hash.Sum(nil))
}

// replaceFile writes a file in one step, since the engine may be reading the one before, and leaves an equal one alone.
func replaceFile(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// path is absolute, or relative to the project.
func (p *archiveProvider) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, name)
}

// fileMode parses outputFileMode; nil keeps the mode of each file.
func fileMode(octal *string) (*fs.FileMode, error) {
	if octal == nil {
		return nil, nil
	}
	bits, err := strconv.ParseUint(*octal, 8, 12)
	if err != nil {
		return nil, fmt.Errorf("outputFileMode is %q: want an octal mode such as \"0755\"", *octal)
	}
	mode := fs.FileMode(bits)
	return &mode, nil
}

func readDir(dir string, mode *fs.FileMode) (entries []entry, err error) {
	err = filepath.WalkDir(dir, func(path string, found fs.DirEntry, err error) error {
		if err != nil || found.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files, err := readFile(path, filepath.ToSlash(name), mode)
		entries = append(entries, files...)
		return err
	})
	return entries, err
}

func readFile(path, name string, mode *fs.FileMode) ([]entry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if mode == nil {
		return []entry{{name, info.Mode(), content}}, nil
	}
	return []entry{{name, *mode, content}}, nil
}

func fileResult(inputs resource.PropertyMap, content []byte) resource.PropertyMap {
	md5sum, sha1sum := md5.Sum(content), sha1.Sum(content) //nolint:gosec // outputs of the real provider
	sha256sum, sha512sum := sha256.Sum256(content), sha512.Sum512(content)
	result := inputs.Copy()
	for name, value := range map[resource.PropertyKey]string{
		"id":                 hex.EncodeToString(sha1sum[:]),
		"outputMd5":          hex.EncodeToString(md5sum[:]),
		"outputSha":          hex.EncodeToString(sha1sum[:]),
		"outputSha256":       hex.EncodeToString(sha256sum[:]),
		"outputBase64sha256": base64.StdEncoding.EncodeToString(sha256sum[:]),
		"outputSha512":       hex.EncodeToString(sha512sum[:]),
		"outputBase64sha512": base64.StdEncoding.EncodeToString(sha512sum[:]),
	} {
		result[name] = resource.NewProperty(value)
	}
	result["outputSize"] = resource.NewProperty(float64(len(content)))
	return result
}
