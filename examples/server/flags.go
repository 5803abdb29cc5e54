package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// options are the flags.
type options struct {
	addr           string
	store          string
	redis          string
	sms            string
	channels       string
	region         string
	key            string
	limits         string
	console        string
	humanCheck     string
	insecureCookie bool
}

func newFlags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("server", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are printed once, by main
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen `address`; port 0 picks one")
	f.StringVar(&o.store, "store", "sqlite:phoneauth.db", "where accounts are kept: memory, sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE")
	f.StringVar(&o.redis, "redis", "", "`URL` of the Redis for challenges, limits and sessions, redis://HOST:PORT; or those of a\nRedis Cluster, with commas between them (default: they are where accounts are)")
	f.StringVar(&o.sms, "sms", "console", "where codes go: console, file:PATH, webhook:URL, kannel:URL, twilio:FROM, vonage:FROM\nor another of the list above; or several, with commas between them: the next takes over where one fails")
	f.StringVar(&o.channels, "channels", "", "channels in their order, each with its senders as in -sms, which is then not used:\nsms=console,whatsapp=file:PATH (default one, sms, with -sms)")
	f.StringVar(&o.region, "region", "", "default `region` of national numbers, such as SG (default none)")
	f.StringVar(&o.key, "key", "phoneauth.key", "`file` with the secret keys, made when absent")
	f.StringVar(&o.limits, "limits", "default", "default, or off for development: send at will")
	f.StringVar(&o.console, "console", "", "`address` of the support desk, on this machine alone, such as 127.0.0.1:8081; the link\nthat is printed opens it once (default none)")
	f.StringVar(&o.humanCheck, "human-check", "auto", "who must prove to be a person before a code is sent: auto, those who look like a machine\nand can answer; always, everybody; off, nobody; or auto with a vendor's check:\nturnstile:SITE_KEY, hcaptcha:SITE_KEY or recaptcha:SITE_KEY (version 2)")
	f.BoolVar(&o.insecureCookie, "insecure-cookie", false, "cookies without Secure, for plain HTTP on another host than localhost")
	return f
}

// parseFlags reads args and, for flags that are not among them, the environment. An
// empty variable is as good as none. Errors name the flag or variable and never quote
// its value, which may hold a password.
func parseFlags(args []string, getenv func(string) string) (options, error) {
	var o options
	flags := newFlags(&o)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, errors.New("takes flags only; -h lists them")
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })

	var faults []error
	flags.VisitAll(func(f *flag.Flag) {
		name := variable(f.Name)
		if value := getenv(name); value != "" && !given[f.Name] {
			if f.Value.Set(value) != nil {
				faults = append(faults, fmt.Errorf("%s: has no value that -%s can take", name, f.Name))
			}
		}
		if f.Value.String() == "" && f.DefValue != "" {
			faults = append(faults, fmt.Errorf("-%s: must not be empty", f.Name))
		}
	})
	if o.limits != "default" && o.limits != "off" {
		faults = append(faults, errors.New(`-limits: must be "default" or "off"`))
	}
	return o, errors.Join(faults...)
}

// variable returns the environment variable of a flag: PHONEAUTH_INSECURE_COOKIE for
// insecure-cookie.
func variable(flag string) string {
	return "PHONEAUTH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

const usage = `Usage: server [flags]

Each flag is also an environment variable, -insecure-cookie for example
PHONEAUTH_INSECURE_COOKIE; the flag wins. Passwords in flags can be seen by everybody on
the machine: take variables for those.

The senders take their secrets from the environment. Where they can, they report what
became of a text to a path of this server: /twilio, a second Twilio /twilio-2.

  kannel:URL   KANNEL_USERNAME and KANNEL_PASSWORD, the sendsms-user; KANNEL_FROM and
               KANNEL_SMSC, if you like. It reports to /kannel/SECRET, so it must reach
               -addr, or 127.0.0.1 where that is all addresses. SECRET is a new one at
               each start, or KANNEL_CALLBACK_SECRET, which kannel.conf can name for STOP
  twilio:FROM  TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. FROM is a number, a name or the
               SID of a messaging service. It reports where there is a CALLBACK_URL: what
               the world finds this server by, such as https://auth.example.com
  vonage:FROM  VONAGE_API_KEY and VONAGE_API_SECRET. FROM is a number or a name. It
               reports where there is a VONAGE_SIGNATURE_SECRET; CALLBACK_URL as above
  aws:FROM, awsvoice:FROM
               AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, perhaps AWS_SESSION_TOKEN and
               AWS_SMS_CONFIGURATION_SET. It reports where there is an AWS_SNS_TOPIC_ARN, whose
               topic is subscribed to /aws or /awsvoice
  infobip:FROM INFOBIP_BASE_URL and INFOBIP_API_KEY. It reports where there is an
               INFOBIP_CALLBACK_PASSWORD; CALLBACK_URL as above
  messagebird:FROM
               MESSAGEBIRD_ACCESS_KEY. It reports where there are a MESSAGEBIRD_SIGNING_KEY and
               a CALLBACK_URL
  plivo:FROM   PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN. It reports where there is a CALLBACK_URL
  telnyx:FROM  TELNYX_API_KEY, perhaps TELNYX_PROFILE_ID. It reports where there is a
               TELNYX_PUBLIC_KEY; CALLBACK_URL as above
  twiliovoice:FROM, vonagevoice:FROM
               call from the number FROM, as awsvoice does. They say no notices, so name one for
               texts too. Twilio's variables are as above; Vonage's are
               VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY (PEM) and VONAGE_SIGNATURE_SECRET
  webhook:URL  It reports to /webhook/SECRET where there is a WEBHOOK_CALLBACK_SECRET

These have the wording, and send codes only. Behind them must be one of those above, for
notices: -sms whatsapp:NUMBER_ID,twilio:FROM

  whatsapp:NUMBER_ID    WHATSAPP_ACCESS_TOKEN; WHATSAPP_TEMPLATES: login_code/en_US and
                        others with commas. It reports where there are WHATSAPP_APP_SECRET
                        and WHATSAPP_VERIFY_TOKEN
  twilioverify:SERVICE  TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; TWILIO_VERIFY_CHANNELS:
                        sms,whatsapp,voice. It reports where there is a CALLBACK_URL
  vonageverify:BRAND    VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY (PEM);
                        VONAGE_VERIFY_CHANNELS, VONAGE_WHATSAPP_FROM. It reports where there
                        is a VONAGE_SIGNATURE_SECRET
  telegram:CHANNEL      TELEGRAM_GATEWAY_TOKEN. CHANNEL may be empty. It reports where there
                        is a CALLBACK_URL
  msg91:TEMPLATE        MSG91_AUTH_KEY; MSG91_VARIABLE, or otp; MSG91_CALLBACK_SECRET
  aliyun:SIGN           ALIYUN_ACCESS_KEY_ID, ALIYUN_ACCESS_KEY_SECRET, ALIYUN_TEMPLATE;
                        ALIYUN_CALLBACK_SECRET
  tencent:APP_ID        TENCENT_SECRET_ID, TENCENT_SECRET_KEY, TENCENT_TEMPLATE;
                        TENCENT_SIGN_NAME, TENCENT_CALLBACK_SECRET
                        The last three report to /NAME/SECRET where there is a secret

The vendors of -human-check take HUMAN_CHECK_SECRET from the environment, and for tests
HUMAN_CHECK_URL, the address of siteverify. Answers are good from pages on localhost,
127.0.0.1, the host of -addr and that of CALLBACK_URL.
`

func printUsage(w io.Writer) {
	io.WriteString(w, usage+"\n")
	flags := newFlags(new(options))
	flags.SetOutput(w)
	flags.PrintDefaults()
}
