package texts

// Hebrew addresses nobody, because its imperatives tell the gender of the reader. As in Arabic, a letter of its own comes before the name.
var hebrew = wording{"he", map[string]words{
	SignIn:               {"{code} קוד הכניסה אל {service}.", "אין למסור אותו לאיש."},
	PasswordRegistration: {"{code} קוד הרשמה עם סיסמה אל {service}.", "אין למסור אותו לאיש."},
	PasswordReset:        {"{code} קוד לאיפוס הסיסמה של {service}.", "אין למסור אותו לאיש."},
	PhoneChange:          {"{code} קוד לשינוי הטלפון בחשבון {service}.", "אין למסור אותו לאיש."},
	AccountDeletion:      {"{code} קוד למחיקת חשבון {service}.", "אין למסור אותו לאיש."},
	DataExport:           {"{code} קוד להורדת הנתונים של {service}.", "אין למסור אותו לאיש."},
	AccountUnlock:        {"{code} קוד לפתיחת חשבון {service}.", "אין למסור אותו לאיש."},
	"":                   {"{code} קוד {service} עבור: {purpose}.", "אין למסור אותו לאיש."},
	approval:             {"{code} קוד {service} לאישור: {details}.", "אין למסור אותו לאיש."},
	PasswordChanged:      {"הסיסמה של חשבון {service} שונתה.", "לא שינית? יש לאפס אותה עכשיו."},
	PhoneChanged:         {"מספר הטלפון בחשבון {service} שונה.", "לא שינית? יש לפנות אלינו."},
	DataExported:         {"הנתונים של חשבון {service} הורדו.", "לא ביקשת? יש לפנות אלינו."},
	notMe:                {text: "לא שינית? {link}"},
}}

// Persian has a letter of its own before the name, and no zero width non-joiner, which old phones show as a box.
var persian = wording{"fa", map[string]words{
	SignIn:               {"{code} رمز ورود به {service} است.", "آن را به کسی ندهید."},
	PasswordRegistration: {"{code} رمز ثبت نام با گذرواژه در {service} است.", "آن را به کسی ندهید."},
	PasswordReset:        {"{code} رمز بازنشانی گذرواژه {service} است.", "آن را به کسی ندهید."},
	PhoneChange:          {"{code} رمز تغییر شماره تلفن در {service} است.", "آن را به کسی ندهید."},
	AccountDeletion:      {"{code} رمز حذف حساب {service} است.", "آن را به کسی ندهید."},
	DataExport:           {"{code} رمز دریافت اطلاعات از {service} است.", "آن را به کسی ندهید."},
	AccountUnlock:        {"{code} رمز بازکردن حساب {service} است.", "آن را به کسی ندهید."},
	"":                   {"{code} رمز {service} برای: {purpose}.", "آن را به کسی ندهید."},
	approval:             {"{code} رمز {service} برای تأیید: {details}.", "آن را به کسی ندهید."},
	PasswordChanged:      {"گذرواژه شما در {service} تغییر کرد.", "کار شما نبود؟ فوری بازنشانی کنید."},
	PhoneChanged:         {"شماره تلفن شما در {service} تغییر کرد.", "کار شما نبود؟ با ما تماس بگیرید."},
	DataExported:         {"اطلاعات حساب {service} دریافت شد.", "کار شما نبود؟ با ما تماس بگیرید."},
	notMe:                {text: "کار شما نبود؟ {link}"},
}}

// Urdu has a letter of its own before the name. It uses the English words that its speakers use for these things.
var urdu = wording{"ur", map[string]words{
	SignIn:               {"{code} آپ کا {service} سائن ان کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	PasswordRegistration: {"{code} پاس ورڈ سے {service} پر سائن اپ کا کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	PasswordReset:        {"{code} آپ کا {service} پاس ورڈ ری سیٹ کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	PhoneChange:          {"{code} فون نمبر بدلنے کا {service} کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	AccountDeletion:      {"{code} اکاؤنٹ حذف کرنے کا {service} کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	DataExport:           {"{code} ڈیٹا ڈاؤن لوڈ کرنے کا {service} کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	AccountUnlock:        {"{code} آپ کا {service} اکاؤنٹ ان لاک کوڈ ہے۔", "یہ کسی کو نہ بتائیں۔"},
	"":                   {"{code} آپ کا {service} کوڈ ہے، مقصد: {purpose}۔", "یہ کسی کو نہ بتائیں۔"},
	approval:             {"{code} آپ کا {service} کوڈ ہے، منظوری: {details}۔", "یہ کسی کو نہ بتائیں۔"},
	PasswordChanged:      {"آپ کا {service} پاس ورڈ بدل گیا ہے۔", "آپ نے نہیں بدلا؟ ابھی ری سیٹ کریں۔"},
	PhoneChanged:         {"آپ کا {service} فون نمبر بدل گیا ہے۔", "آپ نے نہیں بدلا؟ ہم سے رابطہ کریں۔"},
	DataExported:         {"آپ کا {service} ڈیٹا ڈاؤن لوڈ ہوا ہے۔", "آپ نے نہیں کیا؟ ہم سے رابطہ کریں۔"},
	notMe:                {text: "آپ نے نہیں بدلا؟ {link}"},
}}

// Turkish is UCS-2: its ş ğ ı are in a shift table of GSM-7 that senders do not use.
var turkish = wording{"tr", map[string]words{
	SignIn:               {"{code} {service} giriş kodunuzdur.", "Kimseyle paylaşmayın."},
	PasswordRegistration: {"{code} {service} şifreyle kayıt kodunuzdur.", "Kimseyle paylaşmayın."},
	PasswordReset:        {"{code} {service} şifre sıfırlama kodunuzdur.", "Kimseyle paylaşmayın."},
	PhoneChange:          {"{code} {service} telefon değiştirme kodunuzdur.", "Kimseyle paylaşmayın."},
	AccountDeletion:      {"{code} {service} hesap silme kodunuzdur.", "Kimseyle paylaşmayın."},
	DataExport:           {"{code} {service} veri indirme kodunuzdur.", "Kimseyle paylaşmayın."},
	AccountUnlock:        {"{code} {service} hesap kilidini açma kodunuzdur.", "Kimseyle paylaşmayın."},
	"":                   {"{code} {service} kodunuzdur, işlem: {purpose}.", "Kimseyle paylaşmayın."},
	approval:             {"{code} {service} onay kodunuzdur: {details}.", "Kimseyle paylaşmayın."},
	PasswordChanged:      {"{service} şifreniz değiştirildi.", "Siz değilseniz hemen sıfırlayın."},
	PhoneChanged:         {"{service} hesabınızın telefonu değişti.", "Siz değilseniz bize ulaşın."},
	DataExported:         {"{service} verileriniz indirildi.", "Siz değilseniz bize ulaşın."},
	notMe:                {text: "Siz değil misiniz? {link}"},
}}
