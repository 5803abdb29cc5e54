package texts

// Indonesian is GSM-7.
var indonesian = wording{"id", map[string]words{
	SignIn:               {"{code} adalah kode masuk {service} Anda.", "Jangan berikan kepada siapa pun."},
	PasswordRegistration: {"{code} adalah kode untuk mendaftar di {service} dengan kata sandi.", "Jangan berikan kepada siapa pun."},
	PasswordReset:        {"{code} adalah kode untuk mengatur ulang kata sandi {service} Anda.", "Jangan berikan kepada siapa pun."},
	PhoneChange:          {"{code} adalah kode untuk mengganti nomor telepon {service} Anda.", "Jangan berikan kepada siapa pun."},
	"account_deletion":   {"{code} adalah kode untuk menghapus akun {service} Anda.", "Jangan berikan kepada siapa pun."},
	"data_export":        {"{code} adalah kode untuk mengekspor data {service} Anda.", "Jangan berikan kepada siapa pun."},
	"":                   {"{code} adalah kode {service} Anda untuk: {purpose}.", "Jangan berikan kepada siapa pun."},
	approval:             {"{code} adalah kode {service} Anda untuk menyetujui: {details}.", "Jangan berikan kepada siapa pun."},
	PasswordChanged:      {"Kata sandi {service} Anda telah diubah.", "Jika bukan Anda, segera atur ulang."},
	PhoneChanged:         {"Nomor telepon akun {service} Anda telah diubah.", "Jika bukan Anda, segera hubungi kami."},
}}

// Malay is GSM-7.
var malay = wording{"ms", map[string]words{
	SignIn:               {"{code} ialah kod log masuk {service} anda.", "Jangan kongsi dengan sesiapa."},
	PasswordRegistration: {"{code} ialah kod untuk mendaftar di {service} dengan kata laluan.", "Jangan kongsi dengan sesiapa."},
	PasswordReset:        {"{code} ialah kod untuk menetapkan semula kata laluan {service} anda.", "Jangan kongsi dengan sesiapa."},
	PhoneChange:          {"{code} ialah kod untuk menukar nombor telefon {service} anda.", "Jangan kongsi dengan sesiapa."},
	"account_deletion":   {"{code} ialah kod untuk memadamkan akaun {service} anda.", "Jangan kongsi dengan sesiapa."},
	"data_export":        {"{code} ialah kod untuk mengeksport data {service} anda.", "Jangan kongsi dengan sesiapa."},
	"":                   {"{code} ialah kod {service} anda untuk: {purpose}.", "Jangan kongsi dengan sesiapa."},
	approval:             {"{code} ialah kod {service} anda untuk meluluskan: {details}.", "Jangan kongsi dengan sesiapa."},
	PasswordChanged:      {"Kata laluan {service} anda telah ditukar.", "Jika bukan anda, tetapkan semula sekarang."},
	PhoneChanged:         {"Nombor telefon akaun {service} anda telah ditukar.", "Jika bukan anda, hubungi kami sekarang."},
}}

// Filipino is GSM-7. It uses the English words that its speakers use for these things.
var filipino = wording{"fil", map[string]words{
	SignIn:               {"{code} ang iyong code sa pag-sign in sa {service}.", "Huwag itong ibahagi kaninuman."},
	PasswordRegistration: {"{code} ang iyong code sa pag-sign up sa {service} gamit ang password.", "Huwag itong ibahagi kaninuman."},
	PasswordReset:        {"{code} ang iyong code para i-reset ang password mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	PhoneChange:          {"{code} ang iyong code para palitan ang numero mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	"account_deletion":   {"{code} ang iyong code para burahin ang account mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	"data_export":        {"{code} ang iyong code para i-export ang data mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	"":                   {"{code} ang iyong {service} code para sa: {purpose}.", "Huwag itong ibahagi kaninuman."},
	approval:             {"{code} ang iyong {service} code para aprubahan: {details}.", "Huwag itong ibahagi kaninuman."},
	PasswordChanged:      {"Napalitan ang password mo sa {service}.", "Kung hindi ikaw ang gumawa nito, i-reset ito ngayon."},
	PhoneChanged:         {"Napalitan ang numero ng telepono ng {service} account mo.", "Kung hindi ikaw ang gumawa nito, makipag-ugnayan sa amin."},
}}

// Swahili is GSM-7.
var swahili = wording{"sw", map[string]words{
	SignIn:               {"{code} ni msimbo wako wa kuingia {service}.", "Usimpe mtu yeyote."},
	PasswordRegistration: {"{code} ni msimbo wako wa kujisajili {service} kwa nenosiri.", "Usimpe mtu yeyote."},
	PasswordReset:        {"{code} ni msimbo wako wa kuweka upya nenosiri la {service}.", "Usimpe mtu yeyote."},
	PhoneChange:          {"{code} ni msimbo wako wa kubadilisha namba ya simu ya {service}.", "Usimpe mtu yeyote."},
	"account_deletion":   {"{code} ni msimbo wako wa kufuta akaunti yako ya {service}.", "Usimpe mtu yeyote."},
	"data_export":        {"{code} ni msimbo wako wa kupata data yako ya {service}.", "Usimpe mtu yeyote."},
	"":                   {"{code} ni msimbo wako wa {service} wa: {purpose}.", "Usimpe mtu yeyote."},
	approval:             {"{code} ni msimbo wako wa {service} wa kuidhinisha: {details}.", "Usimpe mtu yeyote."},
	PasswordChanged:      {"Nenosiri lako la {service} limebadilishwa.", "Kama si wewe, liweke upya sasa."},
	PhoneChanged:         {"Namba ya simu ya akaunti yako ya {service} imebadilishwa.", "Kama si wewe, wasiliana nasi sasa."},
}}

// Vietnamese is UCS-2.
var vietnamese = wording{"vi", map[string]words{
	SignIn:               {"{code} là mã đăng nhập {service}.", "Không chia sẻ với ai."},
	PasswordRegistration: {"{code} là mã đăng ký {service} bằng mật khẩu.", "Không chia sẻ với ai."},
	PasswordReset:        {"{code} là mã đặt lại mật khẩu {service}.", "Không chia sẻ với ai."},
	PhoneChange:          {"{code} là mã đổi số điện thoại {service}.", "Không chia sẻ với ai."},
	"account_deletion":   {"{code} là mã xóa tài khoản {service}.", "Không chia sẻ với ai."},
	"data_export":        {"{code} là mã xuất dữ liệu {service}.", "Không chia sẻ với ai."},
	"":                   {"{code} là mã {service} cho: {purpose}.", "Không chia sẻ với ai."},
	approval:             {"{code} là mã {service} để duyệt: {details}.", "Không chia sẻ với ai."},
	PasswordChanged:      {"Mật khẩu {service} đã được đổi.", "Không phải bạn? Hãy đặt lại ngay."},
	PhoneChanged:         {"Số điện thoại {service} đã được đổi.", "Không phải bạn? Hãy liên hệ ngay."},
}}
