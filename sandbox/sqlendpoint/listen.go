package sqlendpoint

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// hosts are the loopback addresses of every endpoint: one of AWS's has several, too.
var hosts = [][4]byte{{127, 0, 0, 1}, {127, 0, 0, 2}}

// reserveAttempts is how often a port is looked for that is free on all hosts.
const reserveAttempts = 100

// port is a TCP port of one loopback address that stays the endpoint's while nobody listens on it, so that clients are
// refused and the endpoint can come back under the same address. The reservation is a socket that is bound and never
// listens: Linux lets a listener share its port because both set SO_REUSEADDR, and gives the port to nobody else.
type port struct {
	reservation int
	addr        net.TCPAddr
}

// reservePorts reserves the same port on all hosts.
func reservePorts() (ports, error) {
	var err error
	for range reserveAttempts {
		var all ports
		number := 0 // the first host's port is the kernel's choice
		for _, host := range hosts {
			var p *port
			if p, err = reservePort(host, number); err != nil {
				break
			}
			all, number = append(all, p), p.addr.Port
		}
		if err == nil {
			return all, nil
		}
		all.release()
	}
	return nil, fmt.Errorf("reserve a port: %w", err)
}

func reservePort(host [4]byte, number int) (*port, error) {
	fd, err := socket()
	if err != nil {
		return nil, err
	}
	p := &port{reservation: fd}
	if err := p.bind(host, number); err != nil {
		p.release()
		return nil, err
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

func (p *port) bind(host [4]byte, number int) error {
	if err := syscall.SetsockoptInt(p.reservation, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := syscall.Bind(p.reservation, &syscall.SockaddrInet4{Addr: host, Port: number}); err != nil {
		return err
	}
	name, err := syscall.Getsockname(p.reservation)
	if err != nil {
		return err
	}
	p.addr = net.TCPAddr{IP: net.IP(host[:]), Port: name.(*syscall.SockaddrInet4).Port}
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

// ports are those of one endpoint, in the order in which clients try them.
type ports []*port

// listen listens on all of them, or on none.
func (all ports) listen() ([]net.Listener, error) {
	var listeners []net.Listener
	for _, p := range all {
		listener, err := p.listen()
		if err != nil {
			return nil, errors.Join(err, closeAll(listeners))
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func (all ports) release() {
	for _, p := range all {
		p.release()
	}
}
