package awssms

import (
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/aws/smithy-go"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of the reasons of AWS, and of the exceptions that have none
// (https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/CommonErrors.html and
// the enumerations of the SDK).
var outcomes = map[string]outcome.Outcome{
	"DESTINATION_PHONE_NUMBER_OPTED_OUT": outcome.Nobody,

	"COUNTRY_CODE_MISMATCH":                                       outcome.Elsewhere,
	"COUNTRY_NOT_ENABLED":                                         outcome.Elsewhere,
	"DAILY_DESTINATION_CALL_LIMIT":                                outcome.Elsewhere,
	"DESTINATION_COUNTRY_BLOCKED":                                 outcome.Elsewhere,
	"DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION":        outcome.Elsewhere,
	"DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": outcome.Elsewhere,
	"DESTINATION_PHONE_NUMBER_NOT_VERIFIED":                       outcome.Elsewhere,
	"INTERNATIONAL_SENDING_NOT_SUPPORTED":                         outcome.Elsewhere,
	"INVALID_IDENTITY_FOR_DESTINATION_COUNTRY":                    outcome.Elsewhere,
	"NO_ORIGINATION_IDENTITIES_FOUND":                             outcome.Elsewhere,
	"PRICE_OVER_THRESHOLD":                                        outcome.Elsewhere,
	"SENDER_ID_NOT_REGISTERED":                                    outcome.Elsewhere,
	"SENDER_ID_NOT_SUPPORTED":                                     outcome.Elsewhere,
	"SENDER_ID_REQUIRES_REGISTRATION":                             outcome.Elsewhere,

	"ACCOUNT_DISABLED":                       outcome.Ours,
	"INSUFFICIENT_ACCOUNT_REPUTATION":        outcome.Ours,
	"DAILY_NOTIFY_TIER_MESSAGE_LIMIT":        outcome.Ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY": outcome.Ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT":   outcome.Ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE":  outcome.Ours,
	"NOTIFY_CONFIGURATION_NOT_ACTIVE":        outcome.Ours,
	"RESOURCE_NOT_ACTIVE":                    outcome.Ours,
	"VOICE_CAPABILITY_NOT_AVAILABLE":         outcome.Ours,

	"AccessDeniedException":         outcome.Ours,
	"ExpiredTokenException":         outcome.Ours,
	"IncompleteSignatureException":  outcome.Ours,
	"InvalidSignatureException":     outcome.Ours,
	"ResourceNotFoundException":     outcome.Ours,
	"ServiceQuotaExceededException": outcome.Ours,
	"ThrottlingException":           outcome.Ours,
	"UnrecognizedClientException":   outcome.Ours,
}

// named is what codes look like.
var named = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{2,79}$`)

// refusal reads an answer that accepts nothing, and the SDK's error about it, whose text is
// not passed on: it quotes the number.
func refusal(answer *httpsend.Response, err error) *phoneauth.SendError {
	e := answer.Refusal()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !named.MatchString(api.ErrorCode()) || api.ErrorCode() == "UnknownError" {
		return e
	}
	e.Code = api.ErrorCode()
	reason := reasonOf(err)
	for _, code := range []string{e.Code, reason} {
		if o, ok := outcomes[code]; ok {
			e.Class, e.Fault = o.Class, o.Fault
		}
	}
	if named.MatchString(reason) {
		e.Code = reason
	}
	if e.Fault == "" && aboutNumber(err) {
		e.Fault = phoneauth.FaultDestination
	}
	return e
}

// reasonOf returns what an exception says beside its name.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*types.ConflictException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ServiceQuotaExceededException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.AccessDeniedException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ValidationException](err); ok {
		return string(e.Reason)
	}
	return ""
}

// aboutNumber reports whether a validation failed for the number.
func aboutNumber(err error) bool {
	e, ok := errors.AsType[*types.ValidationException](err)
	if !ok {
		return false
	}
	for _, field := range e.Fields {
		if field.Name != nil && *field.Name == "DestinationPhoneNumber" {
			return true
		}
	}
	return false
}
