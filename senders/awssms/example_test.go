package awssms_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
)

// conf is what config.LoadDefaultConfig(ctx) returns.
var conf = aws.Config{Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}}

func ExampleNew() {
	sender, err := awssms.New(awssms.Config{
		AWS:              awssms.AWS{Config: conf},
		From:             "+14155552345",
		ConfigurationSet: "sign-in",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: awssms <nil>
}

func ExampleNewNotify() {
	sender, err := awssms.NewNotify(awssms.NotifyConfig{
		AWS:                 awssms.AWS{Config: conf},
		NotifyConfiguration: "notify-configuration-id",
		Templates: []awssms.Template{
			{ID: "template-id", Purpose: phoneauth.PurposeSignIn, Locale: "en", Code: "code", Service: "brandName"},
		},
	})
	fmt.Println(sender, err)
	fmt.Println(sender.Supports(phoneauth.Message{Purpose: phoneauth.NoticePhoneChanged}))
	// Output:
	// awssms-notify <nil>
	// false
}

func ExampleNewVoice() {
	voice, err := awssms.NewVoice(awssms.VoiceConfig{AWS: awssms.AWS{Config: conf}, From: "+14155552345"})
	fmt.Println(voice, err)
	// Output: awssms-voice <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := awssms.Callbacks(awssms.CallbackConfig{
		TopicARNs: []string{"arn:aws:sns:eu-west-1:123456789012:sms-events"},
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /aws", callbacks)
	// Output:
}
