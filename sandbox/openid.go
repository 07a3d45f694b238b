package sandbox

import "aurora-dsql-dr/sandbox/openid"

// issuerHost is the host name of the sandbox's OpenID provider, on what is the internet for the account.
const issuerHost = "login.example.com"

// OpenID is an OpenID provider that the account's APIs can be told to trust: somebody else's, which no loss of a region
// touches. It is started when it is asked for first, and ends with the sandbox.
func (s *Sandbox) OpenID() (*openid.Provider, error) {
	s.issuing.Do(func() {
		if s.issuer, s.issuerErr = openid.Listen(s.ca, issuerHost); s.issuerErr != nil {
			return
		}
		s.Account.Host(issuerHost, s.issuer.Address)
		s.onClose(s.issuer.Close)
	})
	return s.issuer, s.issuerErr
}
