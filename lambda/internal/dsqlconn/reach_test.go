package dsqlconn

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/postgres"
)

// silent takes connections and never says a word.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// deaf is an address that answers no SYN, as one whose host is gone: its queue of connections is full.
func deaf(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	first, err := net.DialTCP("tcp4", nil, addr) // Linux queues one more than the backlog says
	require.NoError(t, err)
	t.Cleanup(func() { _ = first.Close() })
	return addr.String()
}

// vacant is an address that refuses connections.
func vacant(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestAnEndpointIsReachedByAnyOfItsAddresses(t *testing.T) {
	database := startReal(t)
	good := database.HostAddr[endpoint][0]
	for name, tc := range map[string]struct {
		addresses []string
		over      string // what is said of those that were passed over
	}{
		"one address":                            {[]string{good}, ""},
		"the second is never asked":              {[]string{good, listen(t, silent)}, ""},
		"the first takes connections, no more":   {[]string{listen(t, silent), good}, "no answer within"},
		"the first does not even take them":      {[]string{deaf(t), good}, "no answer within"},
		"the first refuses":                      {[]string{vacant(t), good}, "connection refused"},
		"two are silent, the third answers":      {[]string{listen(t, silent), deaf(t), good}, "no answer within"},
		"one refuses, one is silent, one serves": {[]string{vacant(t), listen(t, silent), good}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			dialer := database.Dialer
			dialer.HostAddr, dialer.Patience = map[string][]string{endpoint: tc.addresses}, 50*time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			conn, err := dialer.Connect(ctx, endpoint, region, postgres.Superuser)
			require.NoError(t, err)
			defer func() { _ = conn.Close(context.Background()) }()
			require.NoError(t, conn.Ping(ctx))
			if tc.over == "" {
				assert.NoError(t, PassedOver(conn))
			} else {
				assert.ErrorContains(t, PassedOver(conn), tc.over)
			}
		})
	}
}

func TestAMachineWithoutIPv6SaysNothingAgainstAnEndpoint(t *testing.T) {
	const six, four = "[2001:db8::1]:5432", "192.0.2.1:5432"
	for _, errno := range []syscall.Errno{syscall.ENETUNREACH, syscall.EADDRNOTAVAIL} {
		_, passedOver, err := race(t.Context(), time.Minute,
			[]string{six, four}, func(_ context.Context, address string) (*tls.Conn, error) {
				if address == six {
					return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
				}
				return &tls.Conn{}, nil
			})
		require.NoError(t, err)
		assert.NoError(t, passedOver, errno.Error())
	}
}

func TestAnAddressThatIsSlowIsNotAbandoned(t *testing.T) {
	cert, roots := certificate(t, endpoint)
	slow := listen(t, func(conn net.Conn) {
		time.Sleep(200 * time.Millisecond)
		overTLS(cert, refuse("28000", "it was the slow one"))(conn)
	})
	dialer := Dialer{
		Credentials: credentials,
		RootCAs:     roots,
		HostAddr:    map[string][]string{endpoint: {slow, listen(t, silent)}},
		Patience:    20 * time.Millisecond,
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := dialer.Connect(ctx, endpoint, region, user)
	assert.ErrorContains(t, err, "it was the slow one")
}

func TestAnEndpointOfWhichEveryAddressIsSilentTimesOut(t *testing.T) {
	dialer := Dialer{
		Credentials: credentials,
		HostAddr:    map[string][]string{endpoint: {listen(t, silent), deaf(t), vacant(t)}},
		Patience:    20 * time.Millisecond,
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := dialer.Connect(ctx, endpoint, region, user)
	assert.Equal(t, ReasonTimeout, Classify(err), "%v", err)
}

func TestAPoolPassesOverASilentAddress(t *testing.T) {
	database := startReal(t)
	dialer := database.Dialer
	dialer.HostAddr = map[string][]string{endpoint: {listen(t, silent), database.HostAddr[endpoint][0]}}
	dialer.Patience = 50 * time.Millisecond
	pool, err := dialer.Pool(t.Context(), endpoint, region, postgres.Superuser, 1)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, pool.Ping(ctx))
}

// A pool makes connections in the background, where no request's deadline ends them: an endpoint that hangs must not
// hold the pool's places until TCP gives up.
func TestAPoolGivesUpAConnectionThatHangs(t *testing.T) {
	pool, err := Dialer{Credentials: credentials}.Pool(t.Context(), endpoint, region, user, 1)
	require.NoError(t, err)
	defer pool.Close()
	assert.Equal(t, 5*time.Second, pool.Config().ConnConfig.ConnectTimeout)
}

// The token is a password: it may leave only within TLS, whichever way the connection was made.
func TestNothingButTheRequestForTLSIsSentInTheClear(t *testing.T) {
	said := make(chan []byte, 1)
	addr := listen(t, func(conn net.Conn) {
		all, _ := io.ReadAll(conn)
		said <- all
	})
	dialer := Dialer{Credentials: credentials, HostAddr: map[string][]string{endpoint: {addr}}}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := dialer.Connect(ctx, endpoint, region, user)
	require.Error(t, err)
	request, err := (&pgproto3.SSLRequest{}).Encode(nil)
	require.NoError(t, err)
	assert.Equal(t, request, <-said)
}
