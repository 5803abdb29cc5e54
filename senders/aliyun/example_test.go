package aliyun_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
)

func ExampleNew() {
	sender, err := aliyun.New(aliyun.Config{
		AccessKeyID:     "LTAI5tExampleExampleExample",
		AccessKeySecret: "from the environment",
		SignName:        "阿里云",
		Templates: []aliyun.Template{{
			Purpose:   phoneauth.PurposeSignIn,
			Code:      "SMS_154950909",
			Variables: map[string]string{"code": "{code}"},
		}},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: aliyun <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := aliyun.Callbacks(aliyun.CallbackConfig{PathSecret: "0123456789abcdef0123456789abcdef"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /aliyun/{secret}", callbacks)
	// Output:
}
