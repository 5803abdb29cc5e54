// Package spoken words a call that says a code. The senders of this module that call people use
// it, and a host's own may use it too.
//
//	speaker, err := spoken.New(nil, "en-US", "fr-FR") // the languages of the provider's voices
//	call := speaker.Call(m)
//	// call.Voice is "fr-FR" for a message whose Locale is "fr-CA", and call.Parts are
//	// "Ici Acme.", "Votre code est : zéro, un, deux, trois, quatre, cinq." and
//	// "Je répète, votre code est : zéro, un, deux, trois, quatre, cinq."
//
// A call says a code, so it is for messages with a code only, and never for notices.
//
// # Voicemail
//
// A machine that answers a call keeps the code, and whoever can listen to it can use the code
// for as long as it lives. Let a phone ring for less than a voicemail waits (25 s, as the
// senders of this module do), let the provider hang up on machines where it can, and keep
// codes short-lived. Offer calls behind texts, not in their place.
package spoken
