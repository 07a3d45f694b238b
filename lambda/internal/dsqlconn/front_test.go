package dsqlconn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"
)

const (
	endpoint = "abcdefghij0123456789abcdef.dsql.us-east-1.on.aws"
	region   = "us-east-1"
	user     = "dr_monitor"
)

// credentials are static; none of them is real.
var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID:     "AKIDEXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI",
		SessionToken:    "session/token",
	}, nil
})

// certificate is a self-signed server certificate of the host, and the pool that trusts it.
func certificate(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: host},
		DNSNames:              []string{host},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// listen serves every connection to a loopback port with serve, until the test ends, and returns the ip:port.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// session is a connection whose client has sent its startup message over TLS.
type session struct {
	*pgproto3.Backend
	conn    net.Conn
	startup *pgproto3.StartupMessage
}

// overTLS accepts PostgreSQL's TLS request with the certificate, reads the startup message and calls serve.
func overTLS(cert tls.Certificate, serve func(session)) func(net.Conn) {
	return func(raw net.Conn) {
		if _, err := pgproto3.NewBackend(raw, raw).ReceiveStartupMessage(); err != nil {
			return
		}
		_, _ = raw.Write([]byte{'S'})
		conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
		backend := pgproto3.NewBackend(conn, conn)
		message, err := backend.ReceiveStartupMessage()
		if startup, ok := message.(*pgproto3.StartupMessage); ok && err == nil {
			serve(session{backend, conn, startup})
		}
		_ = conn.Close()
	}
}

// refuse answers the startup message with an error.
func refuse(code, message string) func(session) {
	return func(s session) {
		s.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
		_ = s.Flush()
	}
}

// forward asks for the password, gives it to check, and connects the session to the server behind the unix socket.
func forward(socket string, check func(startup *pgproto3.StartupMessage, password string)) func(session) {
	return func(s session) {
		s.Send(&pgproto3.AuthenticationCleartextPassword{})
		if s.Flush() != nil || s.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
			return
		}
		message, err := s.Receive()
		password, ok := message.(*pgproto3.PasswordMessage)
		if err != nil || !ok {
			return
		}
		check(s.startup, password.Password)
		server, err := net.Dial("unix", socket)
		if err != nil {
			return
		}
		defer func() { _ = server.Close() }()
		hello, err := s.startup.Encode(nil)
		if err != nil {
			return
		}
		_, _ = server.Write(hello)
		go func() { _, _ = io.Copy(server, s.conn) }()
		_, _ = io.Copy(s.conn, server)
	}
}
