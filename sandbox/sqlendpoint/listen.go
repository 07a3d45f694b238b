package sqlendpoint

import (
	"fmt"
	"net"
	"syscall"
)

// port is a TCP port of 127.0.0.1 that stays the endpoint's while nobody listens on it, so that clients are refused and
// the endpoint can come back under the same address. The reservation is a socket that is bound and never listens: Linux
// lets a listener share its port because both set SO_REUSEADDR, and gives the port to nobody else.
type port struct {
	reservation int
	addr        net.TCPAddr
}

func reservePort() (*port, error) {
	fd, err := socket()
	if err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	p := &port{reservation: fd}
	if err := p.bind(); err != nil {
		p.release()
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	return p, nil
}

// socket makes a socket that children do not inherit.
func socket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	return fd, err
}

func (p *port) bind() error {
	if err := syscall.SetsockoptInt(p.reservation, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return err
	}
	loopback := [4]byte{127, 0, 0, 1}
	if err := syscall.Bind(p.reservation, &syscall.SockaddrInet4{Addr: loopback}); err != nil {
		return err
	}
	name, err := syscall.Getsockname(p.reservation)
	if err != nil {
		return err
	}
	p.addr = net.TCPAddr{IP: net.IP(loopback[:]), Port: name.(*syscall.SockaddrInet4).Port}
	return nil
}

func (p *port) listen() (net.Listener, error) {
	listener, err := net.ListenTCP("tcp4", &p.addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", &p.addr, err)
	}
	return listener, nil
}

func (p *port) release() { syscall.Close(p.reservation) }
