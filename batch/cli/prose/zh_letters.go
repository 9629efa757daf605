package prose

// zhLetters: what enLetters says, in Chinese.
var zhLetters = map[string]Entry{
	// not fetched
	"letter-url": {
		Message: "API 给出的 LOA 文件地址不是 https 网址",
		Hint:    "请在高速通道控制台下载 LOA 文件，并向阿里云反馈该问题。",
		Why:     "使用明文 HTTP 时，途中任何人都可能读取或替换 LOA 文件。只有本机上的模拟器可以使用明文 HTTP。",
	},
	"letter-address": {
		Message: "LOA 文件的主机指向 {address}，该地址不是公网地址；没有从该地址下载任何内容",
		Hint:    "请检查本机的域名服务器，或在高速通道控制台下载 LOA 文件。",
		Why:     "内网地址上可能有信任所有来访者的服务，例如云服务器的元数据服务。",
		Source:  "IANA 特殊用途地址登记表",
	},
	"letter-proxy": {
		Message: "未下载 LOA 文件：无法使用代理",
		Hint:    "请运行 loabatch doctor，检查 HTTPS_PROXY 和 NO_PROXY。",
		Why:     "代理要求密码、返回重定向或无法连接时，不会下载任何内容。",
	},
	"letter-tls": {
		Message: "未下载 LOA 文件：无法验证 {host} 的证书",
		Hint:    "请检查本机的时钟和证书，以及是否有代理拦截 TLS。",
		Why:     "没有有效证书，LOA 文件可能来自任何人。",
	},
	"letter-connection": {
		Message: "未下载 LOA 文件：无法连接 {host}，或连接中断",
		Hint:    "请稍后重新运行该命令；下次运行时会下载 LOA 文件。",
	},
	"letter-timeout": {
		Message: "未下载 LOA 文件：{host} 未在 {limit} 秒内发送完毕",
		Hint:    "请稍后重新运行该命令；下次运行时会下载 LOA 文件。",
	},
	"letter-redirect": {
		Message: "未下载 LOA 文件：{host} 返回了重定向（HTTP {status}）",
		Hint:    "请检查此处上网是否需要先登录或经过代理，或在高速通道控制台下载 LOA 文件。",
		Why:     "LOA 文件的位置由 API 给出。重定向可能指向内网，因此一律不跟随。",
	},
	"letter-expired": {
		Message: "LOA 文件的链接已过期（HTTP {status}）",
		Hint:    "请重新运行该命令，届时会向 API 获取新的链接。",
		Why:     "这类链接带有签名，仅在一段时间内有效。",
	},
	"letter-status": {
		Message: "未下载 LOA 文件：{host} 返回 HTTP {status}",
		Hint:    "请稍后重新运行该命令；下次运行时会下载 LOA 文件。",
	},
	"letter-too-large": {
		Message: "未下载 LOA 文件：大小超过 {limit} MiB",
		Hint:    "请在高速通道控制台下载，并检查其内容。",
		Why:     "LOA 文件只有一两页。设置上限是为了避免错误的文件占满磁盘和内存。",
	},
	// not a letter
	"letter-not-pdf": {
		Message: "下载到的 LOA 文件不是 PDF，未保存",
		Hint:    "请稍后重新运行该命令，或在高速通道控制台下载 LOA 文件。",
		Why:     "服务器和代理有时用看似成功的网页报告错误。",
	},
	"letter-damaged": {
		Message: "LOA 文件是损坏或不完整的 PDF，未保存",
		Hint:    "请稍后重新运行该命令，或在高速通道控制台下载 LOA 文件。",
		Why:     "文件没有结束标记，或 PDF 阅读器无法打开。",
		Source:  "ISO 32000-1，7.5",
	},
	// not kept
	"letter-disk-full": {
		Message: "无法保存 LOA 文件：磁盘已满",
		Hint:    "请释放磁盘空间，或用 --download 指定其他文件夹，然后重新运行该命令。",
	},
	"letter-folder": {
		Message: "无法将 LOA 文件写入 {path}：{reason}",
		Hint:    "请检查该文件夹的写入权限，或用 --download 指定其他文件夹。",
	},
	"letter-taken": {
		Message: "无法保存 LOA 文件：{path} 是其他文件、文件夹或符号链接",
		Hint:    "请将其移走，或用 --download 指定其他文件夹。",
		Why:     "LOA 文件绝不替换任何已有文件：该文件可能就是发给运营商的那一份。",
	},
	// not read
	"letter-no-text": {
		Message: "LOA 文件已保存，但其中没有可读取的文字，可能是扫描件",
		Hint:    "请自行核对其中的物理专线和公司名称。",
		Why:     "工具按文字核对 LOA 文件与该行，而扫描件是图像。",
	},
	"letter-encrypted": {
		Message: "LOA 文件已保存，但无法读取文字：打开需要密码",
		Hint:    "请自行核对其中的物理专线和公司名称。",
	},
	"letter-text-failed": {
		Message: "LOA 文件已保存，但无法读取文字：文件过大或过于复杂",
		Hint:    "请自行核对其中的物理专线和公司名称。",
		Why:     "PDF 在内存和时间受限的沙箱中读取，损坏或恶意的文件不会中断运行。",
	},
	// not what was applied for
	"letter-other-circuit": {
		Message: "LOA 文件中的物理专线是 {found}，而该行是 {want}",
		Hint:    "请勿转交该文件，并提交工单向阿里云索取正确的文件。",
		Why:     "运营商人员只能凭文件中的物理专线入场施工。",
	},
	"letter-no-circuit": {
		Message: "LOA 文件中没有物理专线 {want}",
		Hint:    "转交之前，请打开文件确认无误。",
		Why:     "该文件是为这条物理专线下载的，但其文字无法证实这一点。",
	},
	"letter-other-company": {
		Message: "LOA 文件中的公司是“{found}”，而该行是“{want}”",
		Hint:    "请勿转交该文件。请与注册名称核对，并提交工单询问阿里云。",
		Why:     "空格、换行、全角字符、标点和大小写的差异不计。",
	},
	"letter-no-company": {
		Message: "LOA 文件中没有公司名称“{want}”",
		Hint:    "转交之前，请打开文件确认无误。",
		Why:     "空格、换行、全角字符、标点和大小写的差异不计。",
	},
}
