package texts

// German has its ä ö ü ß in GSM-7.
var german = wording{"de", map[string]words{
	SignIn:               {"{code} ist Ihr Anmeldecode für {service}.", "Geben Sie ihn niemals weiter."},
	PasswordRegistration: {"{code} ist Ihr Code zur Registrierung bei {service} mit Passwort.", "Geben Sie ihn niemals weiter."},
	PasswordReset:        {"{code} ist Ihr Code zum Zurücksetzen Ihres Passworts bei {service}.", "Geben Sie ihn niemals weiter."},
	PhoneChange:          {"{code} ist Ihr Code zum Ändern Ihrer Telefonnummer bei {service}.", "Geben Sie ihn niemals weiter."},
	AccountDeletion:      {"{code} ist Ihr Code zum Löschen Ihres Kontos bei {service}.", "Geben Sie ihn niemals weiter."},
	DataExport:           {"{code} ist Ihr Code zum Download Ihrer Daten bei {service}.", "Geben Sie ihn niemals weiter."},
	AccountUnlock:        {"{code} ist Ihr Code zum Entsperren Ihres Kontos bei {service}.", "Geben Sie ihn niemals weiter."},
	"":                   {"{code} ist Ihr Code von {service} für: {purpose}.", "Geben Sie ihn niemals weiter."},
	approval:             {"{code} ist Ihr Code von {service} zur Freigabe: {details}.", "Geben Sie ihn niemals weiter."},
	PasswordChanged:      {"Ihr Passwort bei {service} wurde geändert.", "Falls Sie das nicht waren, setzen Sie es sofort zurück."},
	PhoneChanged:         {"Die Telefonnummer Ihres Kontos bei {service} wurde geändert.", "Falls Sie das nicht waren, kontaktieren Sie uns sofort."},
	DataExported:         {"Die Daten Ihres Kontos bei {service} wurden heruntergeladen.", "Falls Sie das nicht waren, kontaktieren Sie uns sofort."},
	notMe:                {text: "Waren Sie das nicht? {link}"},
}}

// Dutch is GSM-7, as long as no word needs a diaeresis.
var dutch = wording{"nl", map[string]words{
	SignIn:               {"{code} is je inlogcode voor {service}.", "Deel deze code met niemand."},
	PasswordRegistration: {"{code} is je code om je bij {service} te registreren met wachtwoord.", "Deel deze code met niemand."},
	PasswordReset:        {"{code} is je code om je wachtwoord van {service} te resetten.", "Deel deze code met niemand."},
	PhoneChange:          {"{code} is je code om je telefoonnummer bij {service} te wijzigen.", "Deel deze code met niemand."},
	AccountDeletion:      {"{code} is je code om je account bij {service} te verwijderen.", "Deel deze code met niemand."},
	DataExport:           {"{code} is je code om je gegevens bij {service} te downloaden.", "Deel deze code met niemand."},
	AccountUnlock:        {"{code} is je code om je account bij {service} te deblokkeren.", "Deel deze code met niemand."},
	"":                   {"{code} is je code van {service} voor: {purpose}.", "Deel deze code met niemand."},
	approval:             {"{code} is je code van {service} om goed te keuren: {details}.", "Deel deze code met niemand."},
	PasswordChanged:      {"Je wachtwoord van {service} is gewijzigd.", "Was jij dit niet? Reset het dan meteen."},
	PhoneChanged:         {"Het nummer van je account bij {service} is gewijzigd.", "Was jij dit niet? Neem dan meteen contact met ons op."},
	DataExported:         {"De gegevens van je account bij {service} zijn gedownload.", "Was jij dit niet? Neem dan meteen contact met ons op."},
	notMe:                {text: "Was jij dit niet? {link}"},
}}

// Swedish has its å ä ö in GSM-7.
var swedish = wording{"sv", map[string]words{
	SignIn:               {"{code} är din inloggningskod till {service}.", "Dela den aldrig."},
	PasswordRegistration: {"{code} är din kod för att registrera dig på {service} med lösenord.", "Dela den aldrig."},
	PasswordReset:        {"{code} är din kod för att återställa ditt lösenord till {service}.", "Dela den aldrig."},
	PhoneChange:          {"{code} är din kod för att byta telefonnummer på {service}.", "Dela den aldrig."},
	AccountDeletion:      {"{code} är din kod för att ta bort ditt konto på {service}.", "Dela den aldrig."},
	DataExport:           {"{code} är din kod för att ladda ner dina uppgifter från {service}.", "Dela den aldrig."},
	AccountUnlock:        {"{code} är din kod för att låsa upp ditt konto på {service}.", "Dela den aldrig."},
	"":                   {"{code} är din kod från {service} för: {purpose}.", "Dela den aldrig."},
	approval:             {"{code} är din kod från {service} för att godkänna: {details}.", "Dela den aldrig."},
	PasswordChanged:      {"Ditt lösenord till {service} har ändrats.", "Om det inte var du, återställ det genast."},
	PhoneChanged:         {"Telefonnumret till ditt konto på {service} har ändrats.", "Om det inte var du, kontakta oss genast."},
	DataExported:         {"Uppgifterna i ditt konto på {service} har laddats ner.", "Om det inte var du, kontakta oss genast."},
	notMe:                {text: "Var det inte du? {link}"},
}}

// Italian has its à è é ì ò ù in GSM-7. No word tells the gender of the reader.
var italian = wording{"it", map[string]words{
	SignIn:               {"{code} è il tuo codice per accedere a {service}.", "Non condividerlo con nessuno."},
	PasswordRegistration: {"{code} è il tuo codice per registrarti a {service} con password.", "Non condividerlo con nessuno."},
	PasswordReset:        {"{code} è il tuo codice per reimpostare la password di {service}.", "Non condividerlo con nessuno."},
	PhoneChange:          {"{code} è il tuo codice per cambiare numero di telefono su {service}.", "Non condividerlo con nessuno."},
	AccountDeletion:      {"{code} è il tuo codice per eliminare il tuo account {service}.", "Non condividerlo con nessuno."},
	DataExport:           {"{code} è il tuo codice per scaricare i tuoi dati da {service}.", "Non condividerlo con nessuno."},
	AccountUnlock:        {"{code} è il tuo codice per sbloccare il tuo account {service}.", "Non condividerlo con nessuno."},
	"":                   {"{code} è il tuo codice {service} per: {purpose}.", "Non condividerlo con nessuno."},
	approval:             {"{code} è il tuo codice {service} per approvare: {details}.", "Non condividerlo con nessuno."},
	PasswordChanged:      {"La password del tuo account {service} è stata cambiata.", "Se non riconosci questa modifica, reimpostala subito."},
	PhoneChanged:         {"Il numero di telefono del tuo account {service} è cambiato.", "Se non riconosci questa modifica, contattaci subito."},
	DataExported:         {"I dati del tuo account {service} sono stati scaricati.", "Se non riconosci questa operazione, contattaci subito."},
	notMe:                {text: "Non riconosci questa modifica? {link}"},
}}

// Portuguese is that of Brazil. It keeps to GSM-7, which has é, and neither ã nor ó: "PIN" for "código".
var portuguese = wording{"pt", map[string]words{
	SignIn:               {"{code} é seu PIN para entrar em {service}.", "Nunca compartilhe."},
	PasswordRegistration: {"{code} é seu PIN para criar uma conta em {service} com senha.", "Nunca compartilhe."},
	PasswordReset:        {"{code} é seu PIN para redefinir sua senha de {service}.", "Nunca compartilhe."},
	PhoneChange:          {"{code} é seu PIN para trocar seu telefone em {service}.", "Nunca compartilhe."},
	AccountDeletion:      {"{code} é seu PIN para excluir sua conta em {service}.", "Nunca compartilhe."},
	DataExport:           {"{code} é seu PIN para baixar seus dados de {service}.", "Nunca compartilhe."},
	AccountUnlock:        {"{code} é seu PIN para desbloquear sua conta em {service}.", "Nunca compartilhe."},
	"":                   {"{code} é seu PIN de {service} para: {purpose}.", "Nunca compartilhe."},
	approval:             {"{code} é seu PIN de {service} para aprovar: {details}.", "Nunca compartilhe."},
	PasswordChanged:      {"Sua senha de {service} foi alterada.", "Se foi outra pessoa, redefina a senha agora."},
	PhoneChanged:         {"O telefone de sua conta em {service} foi alterado.", "Se foi outra pessoa, fale conosco agora."},
	DataExported:         {"Os dados de sua conta em {service} foram baixados.", "Se foi outra pessoa, fale conosco agora."},
	notMe:                {text: "Foi outra pessoa? {link}"},
}}

// Romanian keeps to GSM-7 by words that need no ă â î ș ț.
var romanian = wording{"ro", map[string]words{
	SignIn:               {"{code} este codul de conectare la {service}.", "Nu-l comunica altcuiva."},
	PasswordRegistration: {"{code} este codul pentru a crea un cont {service} cu parola ta.", "Nu-l comunica altcuiva."},
	PasswordReset:        {"{code} este codul pentru resetarea parolei {service}.", "Nu-l comunica altcuiva."},
	PhoneChange:          {"{code} este codul pentru a schimba telefonul contului {service}.", "Nu-l comunica altcuiva."},
	AccountDeletion:      {"{code} este codul pentru a elimina contul {service}.", "Nu-l comunica altcuiva."},
	DataExport:           {"{code} este codul pentru copia datelor tale {service}.", "Nu-l comunica altcuiva."},
	AccountUnlock:        {"{code} este codul pentru deblocarea contului {service}.", "Nu-l comunica altcuiva."},
	"":                   {"{code} este codul {service} pentru: {purpose}.", "Nu-l comunica altcuiva."},
	approval:             {"{code} este codul {service} pentru a aproba: {details}.", "Nu-l comunica altcuiva."},
	PasswordChanged:      {"Parola contului {service} s-a schimbat.", "Nu ai fost tu? Cere imediat resetarea ei."},
	PhoneChanged:         {"Telefonul contului {service} s-a schimbat.", "Nu ai fost tu? Scrie-ne imediat."},
	DataExported:         {"Datele contului {service} au fost copiate.", "Nu ai fost tu? Scrie-ne imediat."},
	notMe:                {text: "Nu ai fost tu? {link}"},
}}

// Greek is UCS-2: GSM-7 has ten of its capitals. "συνθηματικό" is the password, because "κωδικός" is the code.
var greek = wording{"el", map[string]words{
	SignIn:               {"{code} κωδικός σύνδεσης στο {service}.", "Μην τον μοιραστείτε."},
	PasswordRegistration: {"{code} κωδικός εγγραφής με συνθηματικό {service}.", "Μην τον μοιραστείτε."},
	PasswordReset:        {"{code} κωδικός επαναφοράς συνθηματικού {service}.", "Μην τον μοιραστείτε."},
	PhoneChange:          {"{code} κωδικός για αλλαγή αριθμού στο {service}.", "Μην τον μοιραστείτε."},
	AccountDeletion:      {"{code} κωδικός διαγραφής λογαριασμού {service}.", "Μην τον μοιραστείτε."},
	DataExport:           {"{code} κωδικός λήψης δεδομένων {service}.", "Μην τον μοιραστείτε."},
	AccountUnlock:        {"{code} κωδικός ξεκλειδώματος {service}.", "Μην τον μοιραστείτε."},
	"":                   {"{code} κωδικός {service} για: {purpose}.", "Μην τον μοιραστείτε."},
	approval:             {"{code} κωδικός {service} για έγκριση: {details}.", "Μην τον μοιραστείτε."},
	PasswordChanged:      {"Το συνθηματικό σας στο {service} άλλαξε.", "Δεν ήσασταν εσείς; Επαναφέρετέ το."},
	PhoneChanged:         {"Ο αριθμός σας στο {service} άλλαξε.", "Δεν ήσασταν εσείς; Επικοινωνήστε."},
	DataExported:         {"Έγινε λήψη των δεδομένων σας στο {service}.", "Δεν ήσασταν εσείς; Επικοινωνήστε."},
	notMe:                {text: "Δεν ήσασταν εσείς; {link}"},
}}
