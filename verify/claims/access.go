package claims

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jackc/pgx/v5"
)

func plaintextIsRefused(c *Case) error {
	a, _, err := c.asAdmin() // it answers
	if err != nil {
		return err
	}
	conn, err := c.connect(a, admin, func(config *pgx.ConnConfig) { config.TLSConfig = nil })
	if err == nil {
		_ = conn.Close(c)
	}
	c.holds("a connection without TLS", said(err), err != nil, "refused")
	return nil
}

// said is what an error says, or that there was none.
func said(err error) string {
	if err == nil {
		return "accepted"
	}
	return sentence(err)
}

func tokensAreForOneThing(c *Case) error {
	a, _, err := c.asAdmin() // the right one is let in
	if err != nil {
		return err
	}
	for _, wrong := range []struct {
		what   string
		change func(*token)
	}{
		{"for another action", func(t *token) { t.action = connectOther }},
		{"for another host", func(t *token) { t.host = "x" + t.host }},
		{"of another region", func(t *token) { t.region = c.run.Regions[1] }},
		{"that has expired", func(t *token) { t.at = t.at.Add(-tokenLife - time.Minute) }},
	} {
		asked := tokenFor(a, admin)
		wrong.change(&asked)
		password, err := asked.sign(c, a.config.Credentials)
		if err != nil {
			return err
		}
		c.isKeptOut("a token "+wrong.what, a, admin, password)
	}
	c.isKeptOut("a password that is no token", a, admin, "password")
	return nil
}

// isKeptOut wants nobody to be let in with a password.
func (c *Case) isKeptOut(what string, a *aCluster, user, password string) {
	conn, err := c.connect(a, user, func(config *pgx.ConnConfig) { config.Password = password })
	if err == nil {
		_ = conn.Close(c)
	}
	c.refused(what, err, "08006", "unable to accept connection, access denied")
}

func adminIsNoSuperuser(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	off, err := scan[string](c, conn, "SHOW is_superuser")
	if err != nil {
		return err
	}
	c.is("is_superuser", off, "off")
	for _, statement := range []string{
		"CREATE SCHEMA own", "CREATE TABLE own.t (id int)", "CREATE ROLE reader WITH LOGIN",
		"GRANT USAGE ON SCHEMA own TO reader", "DROP SCHEMA own CASCADE", "DROP ROLE reader",
	} {
		c.accepted(statement, prepare(c, conn, statement))
	}
	return nil
}

// principal is what AWS IAM GRANT calls the caller: a user, or the role of its session.
func (c *Case) principal() (string, error) {
	who, err := sts.NewFromConfig(c.primary()).GetCallerIdentity(c, nil)
	if err != nil {
		return "", err
	}
	arn := aws.ToString(who.Arn)
	_, session, assumed := strings.Cut(arn, ":assumed-role/")
	if !assumed {
		return arn, nil
	}
	role, _, _ := strings.Cut(session, "/")
	if strings.HasPrefix(role, "AWSReservedSSO_") {
		return "", unaskable{fmt.Errorf("%s is of IAM Identity Center, and its role's path is not in the ARN", arn)}
	}
	return c.arn("iam", "", "role/"+role), nil
}

func rolesAreMapped(c *Case) error {
	who, err := c.principal()
	if err != nil {
		return err
	}
	a, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	const user = "verifier"
	if err := prepare(c, conn, "CREATE ROLE "+user+" WITH LOGIN"); err != nil {
		return err
	}
	password, err := tokenFor(a, user).sign(c, a.config.Credentials)
	if err != nil {
		return err
	}
	c.isKeptOut("a role that is mapped to nobody", a, user, password)
	if err := prepare(c, conn, fmt.Sprintf("AWS IAM GRANT %s TO '%s'", user, who)); err != nil {
		return err
	}
	mapped, err := scan[string](c, conn, "SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = '"+user+"'")
	if err != nil {
		return err
	}
	c.is("sys.iam_pg_role_mappings", mapped, who)
	own, err := c.connect(a, user, nil)
	if c.accepted("a role that is mapped to the caller", err) {
		_, err = own.Exec(c, "CREATE TABLE public.own (id int)")
		c.refused("CREATE TABLE in public as the role", err, "42501")
		_ = own.Close(c)
	}
	if err := prepare(c, conn, fmt.Sprintf("AWS IAM REVOKE %s FROM '%s'", user, who)); err != nil {
		return err
	}
	c.isKeptOut("a role whose mapping was revoked", a, user, password)
	return prepare(c, conn, "DROP ROLE "+user)
}
