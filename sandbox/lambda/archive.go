package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
)

// maxUnpacked is Lambda's quota for an unpacked deployment package, in bytes.
const maxUnpacked = 250 << 20

// machines maps Lambda's architecture names to the machine of an ELF file and to GOARCH.
var machines = map[string]struct {
	machine elf.Machine
	goarch  string
}{
	"x86_64": {elf.EM_X86_64, "amd64"},
	"arm64":  {elf.EM_AARCH64, "arm64"},
}

// hostArchitecture is the architecture, in Lambda's spelling, this machine can run.
func hostArchitecture() string {
	for name, m := range machines {
		if m.goarch == runtime.GOARCH {
			return name
		}
	}
	return runtime.GOARCH
}

// codeHash is a deployment package's CodeSha256: base64 of its SHA-256, the value Pulumi's sourceCodeHash holds.
func codeHash(code []byte) string {
	sum := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// openPackage opens a deployment package. The error is Lambda's.
func openPackage(code []byte) (*zip.Reader, error) {
	r, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return nil, invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	var total uint64
	for _, f := range r.File {
		total += f.UncompressedSize64
	}
	if total > maxUnpacked {
		return nil, invalid("Unzipped size must be smaller than %d bytes", maxUnpacked)
	}
	return r, nil
}

// checkHost refuses a package whose bootstrap this machine cannot run although it suits the declared architecture. AWS
// would accept it; here every invocation would fail, so it is said at once.
func checkHost(f Function, pkg *zip.Reader) error {
	machine, ok := bootstrapMachine(pkg)
	if host := hostArchitecture(); ok && machine == machines[f.Architectures[0]].machine && f.Architectures[0] != host {
		return invalid("function %s is built for %s and the sandbox runs it on this machine, which is %s: "+
			"set architectures to [%q] and build for it", f.Name, f.Architectures[0], host, host)
	}
	return nil
}

// bootstrapMachine is the machine the package's bootstrap is built for.
func bootstrapMachine(pkg *zip.Reader) (elf.Machine, bool) {
	file, err := pkg.Open("bootstrap")
	if err != nil {
		return 0, false
	}
	defer func() { _ = file.Close() }()
	return elfMachine(file)
}

// elfMachine reads the machine from an ELF header; ok is false for what is none, such as a script.
func elfMachine(file io.Reader) (machine elf.Machine, ok bool) {
	var header elf.Header64
	err := binary.Read(file, binary.LittleEndian, &header) // both architectures are little-endian
	return elf.Machine(header.Machine), err == nil && string(header.Ident[:4]) == elf.ELFMAG
}

// unpack writes a deployment package under dir with the modes its files carry, and nothing outside of dir.
func unpack(code []byte, dir string) error {
	pkg, err := openPackage(code)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, f := range pkg.File {
		if f.FileInfo().IsDir() {
			continue // made when a file needs it
		}
		if err := unpackFile(f, root); err != nil {
			return fmt.Errorf("deployment package: entry %q: %w", f.Name, err)
		}
	}
	return nil
}

func unpackFile(f *zip.File, root *os.Root) (err error) {
	if err := root.MkdirAll(path.Dir(f.Name), 0o750); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := root.OpenFile(f.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := io.Copy(to, io.LimitReader(from, maxUnpacked)); err != nil {
		return err
	}
	return to.Chmod(f.Mode().Perm())
}

// checkEntrypoint says why Lambda could not start the unpacked function, in the words of its Runtime.InvalidEntrypoint.
func checkEntrypoint(taskRoot, architecture string) error {
	root, err := os.OpenRoot(taskRoot)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat("bootstrap")
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir():
		return errors.New("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
	case err != nil:
		return err
	case info.Mode().Perm()&0o111 == 0:
		return errors.New("fork/exec /var/task/bootstrap: permission denied")
	}
	file, err := root.Open("bootstrap")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if machine, ok := elfMachine(file); ok && machine != machines[architecture].machine {
		return errors.New("fork/exec /var/task/bootstrap: exec format error")
	}
	return nil
}
