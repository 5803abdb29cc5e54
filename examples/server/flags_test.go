package main

import (
	"flag"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	o, err := parseFlags(nil, func(string) string { return "" })
	require.NoError(t, err)
	assert.Equal(t, options{addr: "127.0.0.1:8080", store: "sqlite:phoneauth.db", sms: "console", key: "phoneauth.key", limits: "default", humanCheck: "auto"}, o)
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"PHONEAUTH_ADDR":            ":1",
		"PHONEAUTH_STORE":           "store",
		"PHONEAUTH_REDIS":           "redis",
		"PHONEAUTH_SMS":             "sms",
		"PHONEAUTH_CHANNELS":        "channels",
		"PHONEAUTH_REGION":          "SG",
		"PHONEAUTH_KEY":             "key",
		"PHONEAUTH_LIMITS":          "off",
		"PHONEAUTH_CONSOLE":         "console",
		"PHONEAUTH_HUMAN_CHECK":     "always",
		"PHONEAUTH_INSECURE_COOKIE": "true",
	}
	want := options{addr: ":1", store: "store", redis: "redis", sms: "sms", channels: "channels", region: "SG", key: "key", limits: "off", console: "console", humanCheck: "always", insecureCookie: true}
	getenv := func(name string) string { return env[name] }

	o, err := parseFlags(nil, getenv)
	require.NoError(t, err)
	assert.Equal(t, want, o)
	newFlags(new(options)).VisitAll(func(f *flag.Flag) {
		assert.Contains(t, env, variable(f.Name), "a flag that this test does not know")
	})

	o, err = parseFlags([]string{"-addr", ":2", "-insecure-cookie=false", "-region="}, getenv)
	require.NoError(t, err)
	want.addr, want.insecureCookie, want.region = ":2", false, ""
	assert.Equal(t, want, o, "a flag beats the environment")
}

func TestServerFromEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &server{t: t, sms: filepath.Join(dir, "sms")}
	s.start(nil, map[string]string{
		"PHONEAUTH_ADDR":   "127.0.0.1:0",
		"PHONEAUTH_STORE":  "sqlite:" + filepath.Join(dir, "db"),
		"PHONEAUTH_SMS":    "file:" + s.sms,
		"PHONEAUTH_KEY":    filepath.Join(dir, "key"),
		"PHONEAUTH_REGION": "SG",
		"PHONEAUTH_LIMITS": "off",
	})
	s.post("/users/verification/start", body{"phone": "84932466"})
	s.post("/users/verification/start", body{"phone": "84932466"})
	s.code("+6584932466")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	stderr := newOutput()
	require.NoError(t, run(t.Context(), []string{"-h"}, func(string) string { return "" }, stderr, stderr))
	newFlags(new(options)).VisitAll(func(f *flag.Flag) {
		assert.Contains(t, stderr.String(), "  -"+f.Name)
	})
	for _, secret := range []string{
		"KANNEL_PASSWORD", "KANNEL_CALLBACK_SECRET", "TWILIO_AUTH_TOKEN", "VONAGE_API_SECRET", "VONAGE_SIGNATURE_SECRET",
		"WEBHOOK_CALLBACK_SECRET", "CALLBACK_URL", "HUMAN_CHECK_SECRET", "HUMAN_CHECK_URL",
	} {
		assert.Contains(t, stderr.String(), secret)
	}
}

func TestUnusableFlags(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	dir := t.TempDir()

	for name, c := range map[string]struct {
		args  []string
		env   map[string]string
		wants string
	}{
		"unknown flag":      {args: []string{"-colour", "red"}, wants: "-colour"},
		"argument":          {args: []string{"serve"}, wants: "takes flags only"},
		"no address":        {args: []string{"-addr", ""}, wants: "-addr: must not be empty"},
		"address taken":     {args: []string{"-addr", taken.Addr().String()}, wants: "-addr: listen tcp"},
		"address":           {args: []string{"-addr", "nonsense"}, wants: "-addr: listen tcp"},
		"port":              {args: []string{"-addr", "127.0.0.1:99999"}, wants: "-addr: listen tcp"},
		"store":             {args: []string{"-store", "oracle://root:hunter2@/db"}, wants: `-store: unknown kind of store, must be "memory", "sqlite:PATH", "postgres://…" or "mysql://…"`},
		"mysql":             {args: []string{"-store", "mysql://root:hunter2@h:p:q/%zz"}, wants: "-store: cannot be read as a URL of MySQL"},
		"mysql, no host":    {args: []string{"-store", "mysql://root:hunter2@/db"}, wants: "-store: cannot be read as a URL of MySQL"},
		"sqlite, no path":   {args: []string{"-store", "sqlite:"}, wants: "-store: unknown kind of store"},
		"sqlite, no file":   {args: []string{"-store", "sqlite::memory:"}, wants: "-store: unknown kind of store"},
		"sqlite, no folder": {args: []string{"-store", "sqlite:" + filepath.Join(dir, "no", "db")}, wants: "-store: open "},
		"sqlite, a folder":  {args: []string{"-store", "sqlite:" + dir}, wants: "-store: open "},
		"postgres":          {args: []string{"-store", "postgres://root:hunter2@h:p:q/%zz"}, wants: "-store: cannot be read as a URL of PostgreSQL"},
		"redis":             {args: []string{"-redis", "mysql://root:hunter2@h"}, wants: "-redis: cannot be read, must be redis://HOST:PORT"},
		"redis, half":       {args: []string{"-redis", "redis://root:hunter2@h,"}, wants: "-redis: cannot be read"},
		"cluster, database": {args: []string{"-redis", "redis://root:hunter2@h/1,h"}, wants: "-redis: a Redis Cluster has no databases but 0"},
		"sender":            {args: []string{"-sms", "smtp://root:hunter2@/"}, wants: "-sms: unknown kind of sender"},
		"second sender":     {args: []string{"-sms", "console,smtp://root:hunter2@/"}, wants: "-sms: unknown kind of sender"},
		"half a list":       {args: []string{"-sms", "console,"}, wants: "-sms: unknown kind of sender"},
		"kannel, no URL":    {args: []string{"-sms", "kannel:"}, wants: "-sms: unknown kind of sender"},
		"kannel, nobody":    {args: []string{"-sms", "kannel:http://h/"}, env: map[string]string{"KANNEL_PASSWORD": "hunter2"}, wants: "-sms: KANNEL_USERNAME and KANNEL_PASSWORD must be set in the environment"},
		"kannel, its URL":   {args: []string{"-sms", "kannel:http://root:hunter2@h/"}, env: map[string]string{"KANNEL_USERNAME": "u", "KANNEL_PASSWORD": "hunter2"}, wants: "-sms: kannel: config: URL"},
		"twilio, nobody":    {args: []string{"-sms", "twilio:+15005550006"}, wants: "-sms: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set"},
		"twilio, address":   {args: []string{"-sms", "twilio:Acme"}, env: map[string]string{"TWILIO_ACCOUNT_SID": "u", "TWILIO_AUTH_TOKEN": "hunter2", "CALLBACK_URL": "hunter2"}, wants: "-sms: CALLBACK_URL: twilio: callbacks: URL must be"},
		"webhook, secret":   {args: []string{"-sms", "webhook:http://h/"}, env: map[string]string{"WEBHOOK_CALLBACK_SECRET": "hunter2"}, wants: "-sms: webhook: callbacks: PathSecret must be"},
		"kannel, secret":    {args: []string{"-sms", "kannel:http://h/"}, env: map[string]string{"KANNEL_USERNAME": "u", "KANNEL_PASSWORD": "p", "KANNEL_CALLBACK_SECRET": "hunter2"}, wants: "-sms: kannel: config: DeliveryURL must end in"},
		"twilio, account":   {args: []string{"-sms", "twilio:+15005550006"}, env: map[string]string{"TWILIO_ACCOUNT_SID": "u", "TWILIO_AUTH_TOKEN": "hunter2"}, wants: "-sms: twilio: config: AccountSID"},
		"vonage, nobody":    {args: []string{"-sms", "vonage:Acme"}, wants: "-sms: VONAGE_API_KEY and VONAGE_API_SECRET must be set"},
		"vonage, key":       {args: []string{"-sms", "vonage:Acme"}, env: map[string]string{"VONAGE_API_KEY": "u", "VONAGE_API_SECRET": "hunter2"}, wants: "-sms: vonage: config: APIKey"},
		"file without path": {args: []string{"-sms", "file:"}, wants: "-sms: unknown kind of sender"},
		"file in no folder": {args: []string{"-sms", "file:" + filepath.Join(dir, "no", "file")}, wants: "-sms: open "},
		"webhook":           {args: []string{"-sms", "webhook:root:hunter2@host"}, wants: "-sms: webhook: config: URL"},
		"region":            {args: []string{"-region", "XX"}, wants: "DefaultRegion"},
		"key in no folder":  {args: []string{"-key", filepath.Join(dir, "no", "key")}, wants: "-key: open "},
		"key is a folder":   {args: []string{"-key", dir}, wants: "-key: "},
		"limits":            {args: []string{"-limits", "none"}, wants: `-limits: must be "default" or "off"`},
		"human check":       {args: []string{"-human-check", "hunter2"}, wants: `-human-check: must be "auto", "always", "off", "turnstile:SITE_KEY"`},
		"vendor, no key":    {args: []string{"-human-check", "turnstile:"}, wants: `-human-check: must be "auto"`},
		"vendor, no secret": {args: []string{"-human-check", "hcaptcha:hunter2"}, wants: "-human-check: HUMAN_CHECK_SECRET must be set"},
		"vendor, URL":       {args: []string{"-human-check", "recaptcha:site"}, env: map[string]string{"HUMAN_CHECK_SECRET": "s", "HUMAN_CHECK_URL": "hunter2"}, wants: "-human-check: recaptcha: config: URL must be"},
		"vendor, host":      {args: []string{"-human-check", "recaptcha:site"}, env: map[string]string{"HUMAN_CHECK_SECRET": "s", "CALLBACK_URL": "hunter2"}, wants: "-human-check: CALLBACK_URL must be"},
		"console, world":    {args: []string{"-console", "0.0.0.0:0"}, wants: "-console: must be an address of this machine alone"},
		"console, name":     {args: []string{"-console", "desk.example:0"}, wants: "-console: must be an address of this machine alone"},
		"console, all":      {args: []string{"-console", ":0"}, wants: "-console: must be an address of this machine alone"},
		"console, port":     {args: []string{"-console", "127.0.0.1"}, wants: "-console: must be an address of this machine alone"},
		"console, taken":    {args: []string{"-console", taken.Addr().String()}, wants: "-console: listen tcp"},
		"cookie":            {args: []string{"-insecure-cookie=maybe"}, wants: "-insecure-cookie"},
		"variable":          {env: map[string]string{"PHONEAUTH_INSECURE_COOKIE": "hunter2"}, wants: "PHONEAUTH_INSECURE_COOKIE: has no value that -insecure-cookie can take"},
		"limits variable":   {env: map[string]string{"PHONEAUTH_LIMITS": "hunter2"}, wants: "-limits: must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"-store", "memory", "-key", filepath.Join(t.TempDir(), "key")}, c.args...)
			output := newOutput()
			err := run(t.Context(), args, func(name string) string { return c.env[name] }, output, output)
			require.ErrorContains(t, err, c.wants)
			assert.NotContains(t, err.Error(), "\n", "one error")
			assert.NotContains(t, err.Error(), "hunter2", "a password is shown")
			assert.Empty(t, output.String(), "main prints the error")
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := start(t)
	assert.Equal(t, "ok\n", string(s.get("/healthz")))
	s.ready()
}
