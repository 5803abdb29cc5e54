package main

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/msg91"
	"github.com/phoneauth/phoneauth/senders/telegram"
	"github.com/phoneauth/phoneauth/senders/tencent"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

// templateSenders open the senders whose provider has the wording, by kind. They send codes only:
// behind them must be a sender of notices.
var templateSenders = map[string]func(s *senders, where, name string, getenv func(string) string) (phoneauth.SMSSender, error){
	"whatsapp": (*senders).whatsapp, "twilioverify": (*senders).twilioVerify, "vonageverify": (*senders).vonageVerify,
	"telegram": (*senders).telegram, "msg91": (*senders).msg91, "aliyun": (*senders).aliyun, "tencent": (*senders).tencent,
}

// codePurposes are those that have a template here, the same for all.
var codePurposes = []phoneauth.Purpose{
	phoneauth.PurposeSignIn, phoneauth.PurposePasswordRegistration, phoneauth.PurposePasswordReset, phoneauth.PurposePhoneChange,
	phoneauth.PurposeAccountDeletion, phoneauth.PurposeDataExport, phoneauth.PurposeAccountUnlock,
}

// whatsapp returns a sender from a WhatsApp number. With WHATSAPP_APP_SECRET Meta may report to the
// path of this name.
func (s *senders) whatsapp(number, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	token, names, err := secrets(getenv, "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_TEMPLATES")
	if err != nil {
		return nil, err
	}
	c := whatsapp.Config{PhoneNumberID: number, AccessToken: phoneauth.Secret(token)}
	for one := range strings.SplitSeq(names, ",") {
		template, language, _ := strings.Cut(one, "/")
		for _, purpose := range codePurposes {
			c.Templates = append(c.Templates, whatsapp.Template{Purpose: purpose, Name: template, Language: language})
		}
	}
	if secret := getenv("WHATSAPP_APP_SECRET"); secret != "" {
		h, err := whatsapp.Callbacks(whatsapp.CallbackConfig{AppSecret: phoneauth.Secret(secret), VerifyToken: phoneauth.Secret(getenv("WHATSAPP_VERIFY_TOKEN"))}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name] = h
	}
	return whatsapp.New(c)
}

// twilioVerify returns a sender by a service of Twilio Verify. With CALLBACK_URL a sink of Event
// Streams may report to the path of this name.
func (s *senders) twilioVerify(service, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	account, token, err := secrets(getenv, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
	if err != nil {
		return nil, err
	}
	if url := callbackURL(getenv, name); url != "" {
		h, err := twilioverify.Callbacks(twilioverify.CallbackConfig{URL: url, AuthToken: phoneauth.Secret(token)}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name] = h
	}
	return twilioverify.New(twilioverify.Config{
		AccountSID: account, AuthToken: phoneauth.Secret(token), ServiceSID: service, Channels: list(getenv("TWILIO_VERIFY_CHANNELS")),
	})
}

// vonageVerify returns a sender by Vonage's Verify, in whose texts brand stands. With
// VONAGE_SIGNATURE_SECRET Vonage may report to the path of this name.
func (s *senders) vonageVerify(brand, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	application, key, err := secrets(getenv, "VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY")
	if err != nil {
		return nil, err
	}
	if secret := getenv("VONAGE_SIGNATURE_SECRET"); secret != "" {
		h, err := vonageverify.Callbacks(vonageverify.CallbackConfig{SignatureSecret: phoneauth.Secret(secret)}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name] = h
	}
	return vonageverify.New(vonageverify.Config{
		ApplicationID: application, PrivateKey: phoneauth.Secret(key), Brand: brand,
		Channels: list(getenv("VONAGE_VERIFY_CHANNELS")), WhatsAppFrom: getenv("VONAGE_WHATSAPP_FROM"),
	})
}

// telegram returns a sender by the Telegram Gateway, from Telegram's own channel or that of this
// name. With CALLBACK_URL it reports to the path of this name.
func (s *senders) telegram(username, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	token := phoneauth.Secret(getenv("TELEGRAM_GATEWAY_TOKEN"))
	if token == "" {
		return nil, errors.New("TELEGRAM_GATEWAY_TOKEN must be set in the environment")
	}
	c := telegram.Config{Token: token, SenderUsername: username, CallbackURL: callbackURL(getenv, name)}
	if c.CallbackURL != "" {
		h, err := telegram.Callbacks(telegram.CallbackConfig{Token: token}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name] = h
	}
	return telegram.New(c)
}

// msg91 returns a sender by the template of MSG91 with this id.
func (s *senders) msg91(template, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	key := getenv("MSG91_AUTH_KEY")
	if key == "" {
		return nil, errors.New("MSG91_AUTH_KEY must be set in the environment")
	}
	err := s.behind(name, getenv("MSG91_CALLBACK_SECRET"), func(secret phoneauth.Secret, report callback.Report) (http.Handler, error) {
		return msg91.Callbacks(msg91.CallbackConfig{PathSecret: secret}, report)
	})
	if err != nil {
		return nil, err
	}
	c := msg91.Config{AuthKey: phoneauth.Secret(key)}
	for _, purpose := range codePurposes {
		c.Templates = append(c.Templates, msg91.Template{
			Purpose: purpose, ID: template, Variables: map[string]string{cmp.Or(getenv("MSG91_VARIABLE"), "otp"): "{code}"},
		})
	}
	return msg91.New(c)
}

// aliyun returns a sender by Alibaba Cloud's SMS, with this signature before each text.
func (s *senders) aliyun(sign, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	id, secret, err := secrets(getenv, "ALIYUN_ACCESS_KEY_ID", "ALIYUN_ACCESS_KEY_SECRET")
	if err != nil {
		return nil, err
	}
	err = s.behind(name, getenv("ALIYUN_CALLBACK_SECRET"), func(secret phoneauth.Secret, report callback.Report) (http.Handler, error) {
		return aliyun.Callbacks(aliyun.CallbackConfig{PathSecret: secret}, report)
	})
	if err != nil {
		return nil, err
	}
	c := aliyun.Config{AccessKeyID: id, AccessKeySecret: phoneauth.Secret(secret), SignName: sign}
	for _, purpose := range codePurposes {
		c.Templates = append(c.Templates, aliyun.Template{
			Purpose: purpose, Code: getenv("ALIYUN_TEMPLATE"), Variables: map[string]string{"code": "{code}"},
		})
	}
	return aliyun.New(c)
}

// tencent returns a sender by the application of Tencent Cloud's SMS with this id.
func (s *senders) tencent(application, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	id, key, err := secrets(getenv, "TENCENT_SECRET_ID", "TENCENT_SECRET_KEY")
	if err != nil {
		return nil, err
	}
	err = s.behind(name, getenv("TENCENT_CALLBACK_SECRET"), func(secret phoneauth.Secret, report callback.Report) (http.Handler, error) {
		return tencent.Callbacks(tencent.CallbackConfig{PathSecret: secret}, report)
	})
	if err != nil {
		return nil, err
	}
	c := tencent.Config{SecretID: id, SecretKey: phoneauth.Secret(key), AppID: application, SignName: getenv("TENCENT_SIGN_NAME")}
	for _, purpose := range codePurposes {
		c.Templates = append(c.Templates, tencent.Template{Purpose: purpose, ID: getenv("TENCENT_TEMPLATE"), Variables: []string{"{code}"}})
	}
	return tencent.New(c)
}

// behind mounts a handler at the path of this name and secret, if there is one.
func (s *senders) behind(name, secret string, handler func(phoneauth.Secret, callback.Report) (http.Handler, error)) error {
	if secret == "" {
		return nil
	}
	h, err := handler(phoneauth.Secret(secret), s.reports(name))
	if err != nil {
		return err
	}
	s.callbacks["/"+name+"/{secret}"] = h
	return nil
}

// list returns what stands between the commas of s, or nil if s is empty.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
