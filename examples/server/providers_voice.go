package main

import (
	"fmt"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

// twilioVoice returns a sender that calls people by Twilio. With CALLBACK_URL Twilio reports to
// the path of this name.
func (s *senders) twilioVoice(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	account, token, err := secrets(getenv, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
	if err != nil {
		return nil, err
	}
	c := twilio.VoiceConfig{AccountSID: account, AuthToken: phoneauth.Secret(token), From: from, StatusCallback: callbackURL(getenv, name)}
	if c.StatusCallback != "" {
		h, err := twilio.Callbacks(twilio.CallbackConfig{URL: c.StatusCallback, AuthToken: c.AuthToken}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, fmt.Errorf("CALLBACK_URL: %w", err)
		}
	}
	return twilio.NewVoice(c)
}

// vonageVoice returns a sender that calls people by Vonage. With VONAGE_SIGNATURE_SECRET Vonage
// may report to the path of this name, and is told so where there is a CALLBACK_URL.
func (s *senders) vonageVoice(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	application, key, err := secrets(getenv, "VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY")
	if err != nil {
		return nil, err
	}
	c := vonage.VoiceConfig{ApplicationID: application, PrivateKey: phoneauth.Secret(key), From: from}
	if signs := getenv("VONAGE_SIGNATURE_SECRET"); signs != "" {
		h, err := vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: phoneauth.Secret(signs)}, s.reports(name))
		if err := s.handle(name, h, err); err != nil {
			return nil, err
		}
		c.EventURL = callbackURL(getenv, name)
	}
	return vonage.NewVoice(c)
}

// awsVoice returns a sender that calls people by AWS, as aws sends them texts.
func (s *senders) awsVoice(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	account, err := s.awsAccount(name, getenv)
	if err != nil {
		return nil, err
	}
	return awssms.NewVoice(awssms.VoiceConfig{AWS: account, From: from, ConfigurationSet: getenv("AWS_SMS_CONFIGURATION_SET")})
}
