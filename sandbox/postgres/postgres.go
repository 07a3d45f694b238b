// Package postgres finds, starts and stops one real PostgreSQL for the sandbox: private to its owner, unprivileged even
// when the owner is root, and gone with its owner whatever ends it.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// Superuser is the role that owns the server. The private directory is what keeps others out, so it has no password.
	Superuser = "postgres"
	// Database is the one database, named as in Aurora DSQL.
	Database = "postgres"

	port            = "5432" // only part of the socket's name: the server does not listen on TCP
	startTimeout    = 60 * time.Second
	stopTimeout     = 10 * time.Second
	maxSocketPath   = 107 // sun_path of unix(7), less its terminating zero
	directoryPrefix = "pg-"
)

var errNotLinux = errors.New("the sandbox runs on Linux only: it relies on the kernel to end its children with it")

// Options say where a server lives. The zero value is a server in a new directory under os.TempDir.
type Options struct {
	// Dir is an existing directory in which the server makes its own private one; "" means os.TempDir. When started by
	// root, the unprivileged user of the server must be able to reach it.
	Dir string
	// Template is the data directory to start from; nil runs initdb.
	Template *Template

	// debian stands in for debianDirectory in tests.
	debian string
}

// Server is one running PostgreSQL.
type Server struct {
	dir      string
	programs string // their directory
	identity *syscall.Credential
	process  *process
	done     chan struct{}

	mu     sync.Mutex
	closed bool
	err    error
}

// Start makes a database and starts a server over it, which answers when Start returns (about a second). It listens on
// a unix socket in a directory of mode 0700 only. The error wraps ErrMissing when PostgreSQL is not installed.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.debian == "" {
		options.debian = debianDirectory
	}
	programs, err := find(options.debian)
	if err != nil {
		return nil, err
	}
	identity, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := privateDirectory(options.Dir, identity)
	if err != nil {
		return nil, err
	}
	s := &Server{
		dir:      dir,
		programs: filepath.Dir(programs.postgres),
		identity: identity,
		done:     make(chan struct{}),
	}
	if err := s.start(ctx, programs, identity, options.Template); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// privateDirectory makes the directory of one server, owned by the user it will run as.
func privateDirectory(parent string, as *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp(parent, directoryPrefix) // mode 0700
	if err != nil {
		return "", fmt.Errorf("directory for PostgreSQL: %w", err)
	}
	if socket := filepath.Join(dir, socketName); len(socket) > maxSocketPath {
		return "", errors.Join(fmt.Errorf("PostgreSQL cannot listen on %s: a unix socket's path has at most %d characters;"+
			" choose a shorter directory, for example with TMPDIR=/tmp", socket, maxSocketPath), os.Remove(dir))
	}
	if as != nil {
		err = os.Chown(dir, int(as.Uid), int(as.Gid))
	}
	return dir, err
}

const socketName = ".s.PGSQL." + port

func (s *Server) start(ctx context.Context, programs binaries, as *syscall.Credential, template *Template) error {
	if err := s.fill(ctx, programs.initdb, as, template); err != nil {
		return err
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("log file of PostgreSQL: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(programs.postgres, s.arguments()...)
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = spawn(s.prepare(cmd), as); err != nil {
		return fmt.Errorf("start %s: %w", programs.postgres, err)
	}
	go s.watch()
	if err := s.awaitReady(ctx); err != nil {
		return errors.Join(err, s.stop())
	}
	return nil
}

// fill makes the data directory.
func (s *Server) fill(ctx context.Context, initdb string, as *syscall.Credential, template *Template) error {
	if template != nil {
		return template.write(s.data(), as)
	}
	return s.initialise(ctx, initdb, as)
}

// initialise makes the data directory with initdb. Nothing in it has to survive a crash, so nothing is synced.
func (s *Server) initialise(ctx context.Context, initdb string, as *syscall.Credential) error {
	cmd := exec.Command(initdb, "--pgdata="+s.data(), "--username="+Superuser, "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--wal-segsize=1", "--no-sync", "--no-instructions")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := run(ctx, s.prepare(cmd), as)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("initdb in %s: %w\n%s", s.dir, err, bytes.TrimSpace(output.Bytes()))
	}
	return err
}

// prepare keeps the owner's environment (PGDATA, PGOPTIONS, locale) and working directory away from a child.
func (s *Server) prepare(cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	return cmd
}

// arguments are the settings of a sandbox: one database that need not survive its owner, used by few, small
// transactions.
func (s *Server) arguments() []string {
	arguments := []string{"-D", s.data(), "-p", port}
	for _, setting := range []string{
		"listen_addresses=", // no TCP
		"unix_socket_directories=" + s.dir,
		"unix_socket_permissions=0700",
		"max_connections=200",
		"shared_buffers=32MB",
		"dynamic_shared_memory_type=mmap", // in the data directory: nothing stays in /dev/shm after a SIGKILL
		"fsync=off",
		"full_page_writes=off",
		"synchronous_commit=off",
		"wal_level=minimal",
		"max_wal_senders=0",
		"autovacuum=off", // its locks would be conflicts that no client caused; small rows are pruned on access
		"jit=off",
		"max_parallel_workers_per_gather=0", // a worker does not begin where text search is taken away
		"max_parallel_maintenance_workers=0",
		"default_transaction_isolation=repeatable read", // Aurora DSQL has no other level
		"timezone=UTC",
		"log_timezone=UTC",
		"log_min_error_statement=panic", // statements hold data, the log holds none
	} {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// awaitReady returns when the server answers, has ended, or the time is up.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.ConnString(Superuser))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.done:
			return s.Err()
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, s.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// watch records how the server ended.
func (s *Server) watch() {
	err := <-s.process.exited
	s.mu.Lock()
	if !s.closed {
		s.err = fmt.Errorf(
			"PostgreSQL (process %d) ended although nobody stopped it: %s; everything in it is lost, start again\n%s",
			s.process.pid,
			exitReason(err),
			s.logTail(),
		)
	}
	s.mu.Unlock()
	close(s.done)
}

func exitReason(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// logTail is the end of the server's log, for error messages.
func (s *Server) logTail() string {
	const most = 2000
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(log[max(0, len(log)-most):]))
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// ConnString is a pgx connection string for the database as a role. Only the server's own user and root can use it.
func (s *Server) ConnString(role string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable", s.dir, port, role, Database)
}

// Socket is the path of the unix socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, socketName) }

// PID is the process id of the server.
func (s *Server) PID() int { return s.process.pid }

// Done is closed when the server has ended, by Close or from outside.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why the server ended although nobody called Close; nil before that and after Close.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close stops the server, open transactions and all, and removes its directory. Closing again does nothing.
func (s *Server) Close() error {
	return errors.Join(s.stop(), os.RemoveAll(s.dir))
}

// stop asks for an immediate shutdown, which ends sessions without a checkpoint: the data is thrown away anyway.
func (s *Server) stop() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	default:
	}
	s.process.signal(syscall.SIGQUIT)
	select {
	case <-s.done:
		return nil
	case <-time.After(stopTimeout):
	}
	s.process.signal(syscall.SIGKILL)
	<-s.done
	return fmt.Errorf("PostgreSQL (process %d) did not stop within %s and was killed", s.process.pid, stopTimeout)
}
