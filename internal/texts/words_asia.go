package texts

// Bengali uses the English words that its speakers use for these things.
var bengali = wording{"bn", map[string]words{
	SignIn:               {"{code} আপনার {service} সাইন-ইন কোড।", "কাউকে জানাবেন না।"},
	PasswordRegistration: {"{code} পাসওয়ার্ড দিয়ে {service} সাইন-আপের কোড।", "কাউকে জানাবেন না।"},
	PasswordReset:        {"{code} আপনার {service} পাসওয়ার্ড রিসেট কোড।", "কাউকে জানাবেন না।"},
	PhoneChange:          {"{code} {service} ফোন নম্বর বদলানোর কোড।", "কাউকে জানাবেন না।"},
	AccountDeletion:      {"{code} {service} অ্যাকাউন্ট মোছার কোড।", "কাউকে জানাবেন না।"},
	DataExport:           {"{code} {service} ডেটা ডাউনলোডের কোড।", "কাউকে জানাবেন না।"},
	AccountUnlock:        {"{code} {service} অ্যাকাউন্ট আনলক করার কোড।", "কাউকে জানাবেন না।"},
	"":                   {"{code} আপনার {service} কোড, কাজ: {purpose}।", "কাউকে জানাবেন না।"},
	approval:             {"{code} আপনার {service} কোড, অনুমোদন: {details}।", "কাউকে জানাবেন না।"},
	PasswordChanged:      {"আপনার {service} পাসওয়ার্ড বদলেছে।", "আপনি বদলাননি? এখনই রিসেট করুন।"},
	PhoneChanged:         {"আপনার {service} ফোন নম্বর বদলেছে।", "আপনি বদলাননি? যোগাযোগ করুন।"},
	DataExported:         {"আপনার {service} ডেটা ডাউনলোড হয়েছে।", "আপনি করেননি? যোগাযোগ করুন।"},
	notMe:                {text: "আপনি বদলাননি? {link}"},
}}

// Thai has a space where other languages have a full stop.
var thai = wording{"th", map[string]words{
	SignIn:               {"{code} คือรหัสเข้าสู่ระบบ {service}", "ห้ามบอกผู้อื่น"},
	PasswordRegistration: {"{code} คือรหัสสมัคร {service} ด้วยรหัสผ่าน", "ห้ามบอกผู้อื่น"},
	PasswordReset:        {"{code} คือรหัสรีเซ็ตรหัสผ่าน {service}", "ห้ามบอกผู้อื่น"},
	PhoneChange:          {"{code} คือรหัสเปลี่ยนเบอร์โทร {service}", "ห้ามบอกผู้อื่น"},
	AccountDeletion:      {"{code} คือรหัสลบบัญชี {service}", "ห้ามบอกผู้อื่น"},
	DataExport:           {"{code} คือรหัสดาวน์โหลดข้อมูล {service}", "ห้ามบอกผู้อื่น"},
	AccountUnlock:        {"{code} คือรหัสปลดล็อกบัญชี {service}", "ห้ามบอกผู้อื่น"},
	"":                   {"{code} คือรหัส {service} สำหรับ: {purpose}", "ห้ามบอกผู้อื่น"},
	approval:             {"{code} คือรหัส {service} เพื่ออนุมัติ: {details}", "ห้ามบอกผู้อื่น"},
	PasswordChanged:      {"รหัสผ่าน {service} ถูกเปลี่ยนแล้ว", "หากไม่ใช่คุณ โปรดรีเซ็ตทันที"},
	PhoneChanged:         {"เบอร์โทร {service} ถูกเปลี่ยนแล้ว", "หากไม่ใช่คุณ โปรดติดต่อเรา"},
	DataExported:         {"มีการดาวน์โหลดข้อมูล {service} ของคุณ", "หากไม่ใช่คุณ โปรดติดต่อเรา"},
	notMe:                {text: "ไม่ใช่คุณใช่ไหม {link}"},
}}

// Japanese has no spaces but the one after the code.
var japanese = wording{"ja", map[string]words{
	SignIn:               {"{code} は{service}のログインコードです。", "誰にも教えないでください。"},
	PasswordRegistration: {"{code} は{service}にパスワードで登録するコードです。", "誰にも教えないでください。"},
	PasswordReset:        {"{code} は{service}のパスワード再設定コードです。", "誰にも教えないでください。"},
	PhoneChange:          {"{code} は{service}の電話番号変更コードです。", "誰にも教えないでください。"},
	AccountDeletion:      {"{code} は{service}のアカウント削除コードです。", "誰にも教えないでください。"},
	DataExport:           {"{code} は{service}のデータダウンロード用コードです。", "誰にも教えないでください。"},
	AccountUnlock:        {"{code} は{service}のロック解除コードです。", "誰にも教えないでください。"},
	"":                   {"{code} は{service}のコードです（{purpose}）。", "誰にも教えないでください。"},
	approval:             {"{code} は{service}の承認コードです（{details}）。", "誰にも教えないでください。"},
	PasswordChanged:      {"{service}のパスワードが変更されました。", "心当たりがなければ、再設定してください。"},
	PhoneChanged:         {"{service}の電話番号が変更されました。", "心当たりがなければ、ご連絡ください。"},
	DataExported:         {"{service}のデータがダウンロードされました。", "心当たりがなければ、ご連絡ください。"},
	notMe:                {text: "心当たりがない場合： {link}"},
}}

// Korean says "인증번호" for the code.
var korean = wording{"ko", map[string]words{
	SignIn:               {"{code} {service} 로그인 인증번호입니다.", "타인에게 알려 주지 마세요."},
	PasswordRegistration: {"{code} {service} 비밀번호 가입 인증번호입니다.", "타인에게 알려 주지 마세요."},
	PasswordReset:        {"{code} {service} 비밀번호 재설정 인증번호입니다.", "타인에게 알려 주지 마세요."},
	PhoneChange:          {"{code} {service} 전화번호 변경 인증번호입니다.", "타인에게 알려 주지 마세요."},
	AccountDeletion:      {"{code} {service} 계정 삭제 인증번호입니다.", "타인에게 알려 주지 마세요."},
	DataExport:           {"{code} {service} 데이터 다운로드 인증번호입니다.", "타인에게 알려 주지 마세요."},
	AccountUnlock:        {"{code} {service} 계정 잠금 해제 인증번호입니다.", "타인에게 알려 주지 마세요."},
	"":                   {"{code} {service} 인증번호입니다. 용도: {purpose}.", "타인에게 알려 주지 마세요."},
	approval:             {"{code} {service} 승인 인증번호입니다: {details}.", "타인에게 알려 주지 마세요."},
	PasswordChanged:      {"{service} 비밀번호가 변경되었습니다.", "본인이 아니면 바로 재설정하세요."},
	PhoneChanged:         {"{service} 전화번호가 변경되었습니다.", "본인이 아니면 바로 연락해 주세요."},
	DataExported:         {"{service} 데이터가 다운로드되었습니다.", "본인이 아니면 바로 연락해 주세요."},
	notMe:                {text: "본인이 아닌가요? {link}"},
}}

// Chinese in simplified characters.
var chinese = wording{"zh-Hans", map[string]words{
	SignIn:               {"{code} 是您的{service}登录验证码。", "请勿告诉他人。"},
	PasswordRegistration: {"{code} 是您用密码注册{service}的验证码。", "请勿告诉他人。"},
	PasswordReset:        {"{code} 是您重置{service}密码的验证码。", "请勿告诉他人。"},
	PhoneChange:          {"{code} 是您更换{service}手机号的验证码。", "请勿告诉他人。"},
	AccountDeletion:      {"{code} 是您注销{service}账号的验证码。", "请勿告诉他人。"},
	DataExport:           {"{code} 是您下载{service}数据的验证码。", "请勿告诉他人。"},
	AccountUnlock:        {"{code} 是您解锁{service}账号的验证码。", "请勿告诉他人。"},
	"":                   {"{code} 是您的{service}验证码，用于：{purpose}。", "请勿告诉他人。"},
	approval:             {"{code} 是您的{service}验证码，用于批准：{details}。", "请勿告诉他人。"},
	PasswordChanged:      {"您的{service}密码已更改。", "如非本人操作，请立即重置。"},
	PhoneChanged:         {"您的{service}手机号已更改。", "如非本人操作，请立即联系我们。"},
	DataExported:         {"您的{service}数据已被下载。", "如非本人操作，请立即联系我们。"},
	notMe:                {text: "非本人操作？ {link}"},
}}

// Chinese in traditional characters.
var traditionalChinese = wording{"zh-Hant", map[string]words{
	SignIn:               {"{code} 是您的{service}登入驗證碼。", "請勿告訴他人。"},
	PasswordRegistration: {"{code} 是您用密碼註冊{service}的驗證碼。", "請勿告訴他人。"},
	PasswordReset:        {"{code} 是您重設{service}密碼的驗證碼。", "請勿告訴他人。"},
	PhoneChange:          {"{code} 是您更換{service}手機號碼的驗證碼。", "請勿告訴他人。"},
	AccountDeletion:      {"{code} 是您刪除{service}帳號的驗證碼。", "請勿告訴他人。"},
	DataExport:           {"{code} 是您下載{service}資料的驗證碼。", "請勿告訴他人。"},
	AccountUnlock:        {"{code} 是您解鎖{service}帳號的驗證碼。", "請勿告訴他人。"},
	"":                   {"{code} 是您的{service}驗證碼，用於：{purpose}。", "請勿告訴他人。"},
	approval:             {"{code} 是您的{service}驗證碼，用於核准：{details}。", "請勿告訴他人。"},
	PasswordChanged:      {"您的{service}密碼已變更。", "若非您本人操作，請立即重設。"},
	PhoneChanged:         {"您的{service}手機號碼已變更。", "若非您本人操作，請立即聯絡我們。"},
	DataExported:         {"您的{service}資料已被下載。", "若非您本人操作，請立即聯絡我們。"},
	notMe:                {text: "非本人操作？ {link}"},
}}
