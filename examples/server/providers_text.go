package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/messagebird"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/telnyx"
)

// byProvider opens the senders of this name from a number or a name, by their kind.
var byProvider = map[string]func(s *senders, from, name string, getenv func(string) string) (phoneauth.SMSSender, error){
	"aws":         (*senders).aws,
	"awsvoice":    (*senders).awsVoice,
	"infobip":     (*senders).infobip,
	"messagebird": (*senders).messagebird,
	"plivo":       (*senders).plivo,
	"telnyx":      (*senders).telnyx,
	"twiliovoice": (*senders).twilioVoice,
	"vonagevoice": (*senders).vonageVoice,
}

// handle mounts h at the path of this name.
func (s *senders) handle(name string, h http.Handler, err error) error {
	if err == nil {
		s.callbacks["/"+name] = h
	}
	return err
}

// infobip returns a sender by Infobip. With INFOBIP_CALLBACK_PASSWORD and CALLBACK_URL it reports
// to the path of this name.
func (s *senders) infobip(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	base, key, err := secrets(getenv, "INFOBIP_BASE_URL", "INFOBIP_API_KEY")
	if err != nil {
		return nil, err
	}
	c := infobip.Config{BaseURL: base, APIKey: phoneauth.Secret(key), From: from}
	if password := getenv("INFOBIP_CALLBACK_PASSWORD"); password != "" {
		h, err := infobip.Callbacks(infobip.CallbackConfig{Username: "infobip", Password: phoneauth.Secret(password)}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, err
		}
		if at := callbackURL(getenv, name); at != "" {
			u, err := url.Parse(at)
			if err != nil {
				return nil, errors.New("CALLBACK_URL: not a URL")
			}
			u.User = url.UserPassword("infobip", password)
			c.DeliveryURL = phoneauth.Secret(u.String())
		}
	}
	return infobip.New(c)
}

// messagebird returns a sender by MessageBird. With MESSAGEBIRD_SIGNING_KEY and CALLBACK_URL it
// reports to the path of this name.
func (s *senders) messagebird(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	key := getenv("MESSAGEBIRD_ACCESS_KEY")
	if key == "" {
		return nil, errors.New("MESSAGEBIRD_ACCESS_KEY must be set in the environment")
	}
	c := messagebird.Config{AccessKey: phoneauth.Secret(key), From: from}
	if signs, at := getenv("MESSAGEBIRD_SIGNING_KEY"), callbackURL(getenv, name); signs != "" && at != "" {
		h, err := messagebird.Callbacks(messagebird.CallbackConfig{URL: at, SigningKey: phoneauth.Secret(signs)}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, fmt.Errorf("CALLBACK_URL: %w", err)
		}
		c.ReportURL = at
	}
	return messagebird.New(c)
}

// plivo returns a sender by Plivo. With CALLBACK_URL it reports to the path of this name.
func (s *senders) plivo(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	id, token, err := secrets(getenv, "PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN")
	if err != nil {
		return nil, err
	}
	c := plivo.Config{AuthID: id, AuthToken: phoneauth.Secret(token), From: from, StatusCallback: callbackURL(getenv, name)}
	if c.StatusCallback != "" {
		h, err := plivo.Callbacks(plivo.CallbackConfig{URL: c.StatusCallback, AuthToken: c.AuthToken}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, fmt.Errorf("CALLBACK_URL: %w", err)
		}
	}
	return plivo.New(c)
}

// telnyx returns a sender by Telnyx. With TELNYX_PUBLIC_KEY it may report to the path of this
// name, and is told so where there is a CALLBACK_URL.
func (s *senders) telnyx(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	key := getenv("TELNYX_API_KEY")
	if key == "" {
		return nil, errors.New("TELNYX_API_KEY must be set in the environment")
	}
	c := telnyx.Config{APIKey: phoneauth.Secret(key), From: from, ProfileID: getenv("TELNYX_PROFILE_ID")}
	if public := getenv("TELNYX_PUBLIC_KEY"); public != "" {
		h, err := telnyx.Callbacks(telnyx.CallbackConfig{PublicKey: public}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, err
		}
		c.WebhookURL = callbackURL(getenv, name)
	}
	return telnyx.New(c)
}

// aws returns a sender by AWS. With AWS_SNS_TOPIC_ARN the topic may report to the path of this
// name.
func (s *senders) aws(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	account, err := s.awsAccount(name, getenv)
	if err != nil {
		return nil, err
	}
	return awssms.New(awssms.Config{AWS: account, From: from, ConfigurationSet: getenv("AWS_SMS_CONFIGURATION_SET")})
}

func (s *senders) awsAccount(name string, getenv func(string) string) (awssms.AWS, error) {
	id, secret, err := secrets(getenv, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	if err != nil {
		return awssms.AWS{}, err
	}
	if topic := getenv("AWS_SNS_TOPIC_ARN"); topic != "" {
		h, err := awssms.Callbacks(awssms.CallbackConfig{TopicARNs: []string{topic}}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return awssms.AWS{}, err
		}
	}
	credentials := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: getenv("AWS_SESSION_TOKEN")}
	return awssms.AWS{Config: aws.Config{
		Region:      getenv("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	}}, nil
}
