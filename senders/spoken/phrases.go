package spoken

// Phrases returns the phrases of this package, by language: "ar", "de", "en", "es", "fr",
// "hi", "it" and "pt". The map is the caller's.
func Phrases() map[string]Phrase {
	return map[string]Phrase{
		"ar": {"معكم %s.", "هذا الرمز يوافق على: %s.", "رمزكم هو:", "مرة أخرى، رمزكم هو:"},
		"de": {"Hier ist %s.", "Dieser Code bestätigt: %s.", "Ihr Code lautet:", "Noch einmal, Ihr Code lautet:"},
		"en": {"This is %s.", "This code approves: %s.", "Your code is:", "Once more, your code is:"},
		"es": {"Le llama %s.", "Este código aprueba: %s.", "Su código es:", "Una vez más, su código es:"},
		"fr": {"Ici %s.", "Ce code approuve : %s.", "Votre code est :", "Je répète, votre code est :"},
		"hi": {"यह %s है।", "यह कोड मंज़ूरी देता है: %s।", "आपका कोड है:", "एक बार फिर, आपका कोड है:"},
		"it": {"Qui %s.", "Questo codice approva: %s.", "Il suo codice è:", "Ancora una volta, il suo codice è:"},
		"pt": {"Aqui é %s.", "Este código aprova: %s.", "O seu código é:", "Mais uma vez, o seu código é:"},
	}
}
