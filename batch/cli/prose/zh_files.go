package prose

// What many damaged workbooks need, in Chinese.
const (
	zhRepair         = "请用 Excel 打开，按提示修复后保存。"
	zhRepairAndCheck = "请用 Excel、WPS 或 LibreOffice 打开工作簿，检查有没有缺行，然后重新保存；或从备份恢复。"
	zhTakeAgain      = "请重新传输或下载文件，或从备份恢复；如果这就是原文件，请用 Excel 打开并按提示修复，再检查有没有缺行。"
	zhDistrust       = "请勿使用此文件：没有哪种表格软件会写出这样的内容。请查明文件的来源。"
	zhResaveUnzipped = "请用 Excel 重新保存工作簿，不要再用压缩软件处理。"
	zhNewWorkbook    = "请将两个工作表复制到新的工作簿中。"
	zhShortenCell    = "请缩短内容；Excel 的每个单元格最多 32,767 个字符。"
	zhResave         = "请用 Excel、WPS 或 LibreOffice 打开工作簿并重新保存。"
)

// zhFiles: why an input cannot be used: the file, or its sheets, rows or cells.
var zhFiles = map[string]Entry{
	// not a workbook
	"file-empty": {
		Message: "文件为空（0 字节）",
		Hint:    "请重新导出或保存工作簿；上次的保存或传输没有完成。",
		Why:     "传输中断往往会留下空文件。",
	},
	"file-zeros": {
		Message: "文件内容全是零字节",
		Hint:    "请从备份恢复或重新保存工作簿；死机或磁盘写满时会留下这样的文件。",
	},
	"file-truncated": {
		Message: "工作簿不完整，到第 {found} 字节就中断了",
		Hint:    "请重新传输或下载文件，并与原文件核对大小。",
		Why:     "工作簿是 ZIP 压缩包，而 ZIP 的目录在文件末尾。",
		Source:  "APPNOTE.TXT 4.3.16",
	},
	"file-unreadable": {
		Message: "无法读取文件",
		Hint:    "请检查磁盘或网络驱动器，将文件复制到本地磁盘后重试。",
	},
	"file-encrypted": {
		Message: "工作簿已用密码加密",
		Hint:    "请用 --password-file FILE 或环境变量 LOABATCH_PASSWORD 提供密码；副本也会用该密码加密。",
		Why:     "没有密码，就无法读取加密工作簿中的任何内容。",
		Source:  "MS-OFFCRYPTO 2.3",
	},
	"password-unreadable": {
		Message: "无法读取密码文件 {file}：{reason}",
		Hint:    "请指定第一行为密码的文件，并检查其读取权限。",
	},
	"password-empty": {
		Message: "{where} 中没有密码",
		Hint:    "请将密码写在第一行。",
	},
	"password-text": {
		Message: "{where} 中的密码不是 UTF-8 文本",
		Hint:    "请保存为 UTF-8。",
	},
	"password-long": {
		Message: "{where} 中的密码超过 {most} 个字符，Excel 不允许这么长",
		Hint:    "密码文件的第一行就是密码，不能有其他内容。",
	},
	"password-public": {
		Message: "本机的任何用户都能读取密码文件 {file}",
		Hint:    "请取消该权限，例如 chmod 600。",
	},
	"password-question": {
		Message: "{file} 的密码（不显示）：",
	},
	"file-fetched": {
		Message: "文件原本不在本机：已由网盘取回",
		Why:     "在有程序读取之前，本机只保留文件名；取回需要网络，可能要等一段时间。",
		Hint:    "无人值守运行时，请将其所在文件夹设为“始终保留在此设备上”。",
	},
	"file-not-encrypted": {
		Message: "工作簿没有加密：不需要密码，副本也不会加密",
		Why:     "几个输入文件可以共用一个密码，其中可能只有一部分需要。",
	},
	"file-password-wrong": {
		Message: "密码不正确，无法打开工作簿",
		Hint:    "请检查密码，包括大小写和空格；密码文件以第一行为准。",
		Why:     "加密工作簿中保存了校验值，可用来验证密码。",
		Source:  "MS-OFFCRYPTO 2.3.4.13",
	},
	"file-encryption-changed": {
		Message: "加密的工作簿在保存后被改动或损坏：其校验值（HMAC）不一致",
		Hint:    "请使用原始文件，或用 Excel 重新保存工作簿。",
		Why:     "不知道密码的人也能改动加密后的字节，HMAC 可以发现这种改动。",
		Source:  "MS-OFFCRYPTO 2.3.4.14",
	},
	"file-encryption-damaged": {
		Message: "加密的工作簿已损坏：{part}",
		Hint:    "请使用原始文件，或用 Excel 打开并重新保存工作簿。",
		Source:  "MS-OFFCRYPTO 2.3.4、MS-CFB",
	},
	"file-encryption-cipher": {
		Message: "工作簿的加密方式为 {found}，loabatch 无法读取",
		Hint:    "请用 Excel 2010 或更高版本以默认加密方式（AES）重新保存。",
		Why:     "只读取采用 AES 以及 SHA-1、SHA-256、SHA-384 或 SHA-512 的加密；更旧的算法起不到保护作用，除非管理员另行设置，Excel 也不会使用。",
		Source:  "MS-OFFCRYPTO 2.3.4",
	},
	"file-encryption-spins": {
		Message: "打开工作簿需要 {found} 轮哈希计算，上限为 {expected}",
		Hint:    "请用 Excel 重新保存，Excel 使用 100000 轮。",
		Why:     "轮数写在文件中，每一轮都要花费时间；标准规定不得超过该上限。",
		Source:  "MS-OFFCRYPTO 2.3.4.10",
	},
	"file-encryption-certificate": {
		Message: "工作簿是用证书加密的，不是用密码加密的",
		Hint:    "请另存一份用密码加密或不加密的副本。",
		Source:  "MS-OFFCRYPTO 2.3.4.10",
	},
	"file-encryption-extensible": {
		Message: "工作簿由其他产品加密（可扩展加密）",
		Hint:    "请用该产品打开，再以 Excel 自带的加密方式保存，或不加密保存。",
		Source:  "MS-OFFCRYPTO 2.3.4.6",
	},
	"file-encryption-rights": {
		Message: "工作簿受权限管理（IRM）保护，不是用密码加密的",
		Hint:    "请向其所有者索取一份没有访问限制的副本，副本可以用密码加密。",
		Source:  "MS-OFFCRYPTO 2.2",
	},
	"file-old-xls": {
		Message: "文件是旧的 .xls 格式（{found}），不是 .xlsx 或 .xlsm",
		Hint:    "请用 Excel、WPS 或 LibreOffice 打开，另存为“Excel 工作簿 (.xlsx)”。",
		Why:     "Excel 97-2003 的格式完全不同，与文件名无关。",
	},
	"file-xlsb": {
		Message: "文件是二进制工作簿（.xlsb），不是 .xlsx 或 .xlsm",
		Hint:    "请用 Excel 打开，另存为“Excel 工作簿 (.xlsx)”。",
	},
	"file-ods": {
		Message: "文件是 OpenDocument 电子表格（.ods 或 .fods），不是 .xlsx 或 .xlsm",
		Hint:    "请用 LibreOffice 打开，另存为“Excel 2007-365 (.xlsx)”。",
	},
	"file-csv": {
		Message: "文件是以 {found} 分隔的纯文本（CSV），不是 .xlsx 或 .xlsm",
		Hint:    "请用 loabatch template 生成空白工作簿，以文本格式导入所有列，再保存为 .xlsx。",
		Why:     "CSV 文件改名后并不会成为工作簿；双击打开 CSV 还会丢失长号码的末尾几位。",
	},
	"file-html": {
		Message: "文件是网页（HTML），不是 .xlsx 或 .xlsm",
		Hint:    "如为下载的文件，请检查内容是不是登录页面；如为其他系统导出的表格，请用 Excel 打开，另存为 .xlsx。",
	},
	"file-xml-2003": {
		Message: "文件是 XML 电子表格 2003 格式，不是 .xlsx 或 .xlsm",
		Hint:    "请用 Excel 或 LibreOffice 打开，另存为“Excel 工作簿 (.xlsx)”。",
	},
	"file-lock": {
		Message: "这是 Excel 打开工作簿时在旁边生成的锁文件（~$…）",
		Hint:    "请指定工作簿本身：文件名相同，开头没有 ~$。",
	},
	"file-other-format": {
		Message: "文件是 {found} 格式，不是 .xlsx 或 .xlsm",
		Hint:    "请检查文件名；需要空白工作簿时，请运行 loabatch template。",
	},
	"file-not-workbook": {
		Message: "无法识别文件格式，应为 .xlsx 或 .xlsm",
		Hint:    "请检查文件名；如文件名无误，则文件已损坏，或已由其他程序加密：请从备份恢复。",
	},
	"file-too-large": {
		Message: "工作簿解压后达到或超过 {found} 字节，上限为 {expected} 字节",
		Hint:    "请删除无关的工作表，或拆分工作簿。",
		Why:     "很小的文件也可能解压成数 GB；此上限可防止内存和磁盘耗尽。",
	},

	// the list of sheets
	"workbook-no-sheets": {
		Message: "工作簿的 {part} 中没有列出任何工作表",
		Hint:    zhRepair,
	},
	"workbook-sheet-entry": {
		Message: "工作簿的工作表清单（{part}）在第 {place} 字节处损坏",
		Hint:    zhRepair,
	},
	"workbook-sheet-twice": {
		Message: "工作簿中有两个名为“{sheet}”的工作表",
		Hint:    "请将其中一个改名。",
		Why:     "无法判断以哪一个为准。",
	},
	"workbook-sheet-lost": {
		Message: "工作簿列出了工作表“{sheet}”，但文件中没有",
		Hint:    "请从备份恢复工作簿；或用 Excel 打开并按提示修复，再检查有没有缺行。",
	},
	"sheet-not-listed": {
		Message: "工作簿中没有工作表“{sheet}”",
		Hint:    "请将对应的工作表改名，或用 loabatch template 生成空白工作簿。",
	},

	// sheets, rows and cells
	"sheet-columns": {
		Message: "{part} 中的列宽设置在第 {place} 字节处损坏",
		Hint:    zhRepairAndCheck,
	},
	"sheet-merged": {
		Message: "{part} 中的合并单元格在第 {place} 字节处损坏",
		Hint:    zhRepairAndCheck,
	},
	"row-number": {
		Message: "{place} 之后有一行的行号为 {found}；行号应为 1 到 1048576",
		Hint:    zhRepairAndCheck,
		Source:  "ECMA-376 第 1 部分，18.3.1.73",
	},
	"row-twice": {
		Message: "文件中的行 {place} 出现了两次",
		Hint:    zhRepairAndCheck,
		Why:     "无法判断以哪一行为准；其他程序会丢掉其中一行，而且没有提示。",
	},
	"row-long": {
		Message: "行 {place} 的文字超过 64 MiB",
		Hint:    "请缩短其中的单元格；Excel 的每个单元格最多 32,767 个字符。",
	},
	"cell-reference": {
		Message: "{place} 中有一个单元格的位置标为“{found}”，不正确",
		Hint:    zhRepairAndCheck,
		Source:  "ECMA-376 第 1 部分，18.3.1.4",
	},
	"cell-twice": {
		Message: "文件中的单元格 {place} 出现了两次",
		Hint:    zhRepairAndCheck,
	},
	"cell-value-twice": {
		Message: "单元格 {place} 有两个值",
		Hint:    zhRepairAndCheck,
	},
	"cell-type": {
		Message: "单元格 {place} 的类型 {found} 无法识别",
		Hint:    zhRepairAndCheck,
		Source:  "ECMA-376 第 1 部分，18.18.11",
	},
	"cell-style": {
		Message: "单元格 {place} 的格式编号 {found} 不存在",
		Hint:    zhRepairAndCheck,
	},
	"cell-string-index": {
		Message: "单元格 {place} 引用的文本不在工作簿中",
		Hint:    zhRepairAndCheck,
		Why:     "工作簿的文本存放在单独的清单中；清单损坏时，单元格会变成空白。",
	},
	"cell-number": {
		Message: "单元格 {place} 存储为数字，内容却不是数字",
		Hint:    "请重新填写该单元格，并保存工作簿。",
	},
	"cell-bool": {
		Message: "单元格 {place} 的逻辑值既不是 TRUE 也不是 FALSE",
		Hint:    "请重新填写该单元格，并保存工作簿。",
	},
	"cell-long": {
		Message: "单元格 {place} 的文字超过 1 MiB",
		Hint:    zhShortenCell,
	},
}

// What the problems with a copy have in common.
const (
	zhCopyUnsound = "这是 loabatch 的缺陷：请反馈，并注明工作簿由哪个程序保存。修复后，请重新生成副本：loabatch report RUN"
	zhWhyPackage  = "违反格式规则的文件，Excel 会拒绝打开或要求修复；因此，如副本中有输入文件没有的缺陷，就不保留该副本。"
	zhCopyDisk    = "请检查副本所在的磁盘，然后重新生成副本：loabatch report RUN"
)

// zhCopy: why a results copy cannot be written, or will differ from its input.
var zhCopy = map[string]Entry{
	"copy-no-free-columns": {
		Message: "工作表“{sheet}”的数据右侧没有空列可写结果",
		Hint:    "请删除不需要的列：XFD 列之前须留出八个空列。",
		Why:     "工作表到 XFD 列为止，而每行的结果写在数据的右侧。",
	},
	"copy-signed": {
		Message: "工作簿有数字签名；该签名对结果副本无效",
		Hint:    "无需处理：输入文件的签名不变；副本会显示为签名后有改动。",
		Why:     "签名只对签名时的内容有效；增加任何单元格都会使签名失效。",
	},
	"copy-structure-locked": {
		Message: "工作簿的结构受保护；副本中仍会添加错误清单和摘要两个工作表",
		Hint:    "无需处理：保护设置不变。",
	},
	"copy-sheet-twice": {
		Message: "专线和施工工程师都在工作表“{sheet}”中，结果会互相覆盖",
		Hint:    "请将专线和施工工程师分放在两个工作表中。",
	},
	"copy-rows-differ": {
		Message: "工作表“{sheet}”的结果为 {found} 行，应为 {expected} 行",
		Hint:    "请重新运行；如再次出现，请用 Excel、WPS 或 LibreOffice 保存工作簿，再使用保存后的文件。",
		Why:     "任何一行都不能丢失：行数不符时不写出副本。",
	},
	"copy-cell-differs": {
		Message: "副本的单元格 {place} 与写入的内容不一致",
		Hint:    "请检查副本所在的磁盘，然后重新生成副本：loabatch report RUN",
		Why:     "副本在正式命名之前会读回核对，用于发现磁盘和网络驱动器的错误。",
	},
	"copy-note-differs": {
		Message: "副本中单元格 {place} 的批注与应有的不一致",
		Hint:    zhCopyDisk,
		Why:     "自己的批注和模板的批注，每个副本都会保留；只替换以往运行写入的批注。",
	},
	"copy-part-differs": {
		Message: "副本的部件 {part} 与输入文件不一致",
		Hint:    zhCopyDisk,
		Why:     "副本中无需改动的内容，都逐字节照原样复制。",
	},
	"copy-opening-differs": {
		Message: "副本打开时的状态不对：工作表“{sheet}”不应选中却已选中，或应选中却未选中",
		Hint:    zhCopyDisk,
		Why:     "选中多个工作表时，表格软件会同时修改，因此只能选中一个。",
	},
	"copy-links-differ": {
		Message: "副本的工作表“{sheet}”中，结果的链接与写入的不一致",
		Hint:    zhCopyDisk,
	},
	"copy-part-untyped": {
		Message: "副本的部件 {part} 没有内容类型",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-listed-twice": {
		Message: "副本的部件 {part} 重复列出了 {found}",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-part-lost": {
		Message: "副本的部件 {part} 引用的 {found} 不存在",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-part-found": {
		Message: "工作簿中有一处原本无效的引用，现在指向了副本新增的部件 {part}",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-list-count": {
		Message: "副本的部件 {part} 中，清单 {found} 的长度与标明的不符",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-element-order": {
		Message: "副本的部件 {part} 中，元素 {found} 重复或位置不对",
		Hint:    zhCopyUnsound,
		Why:     zhWhyPackage,
	},
	"copy-row-number": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处有一行没有有效的行号",
		Hint:    zhRepairAndCheck,
	},
	"copy-cell-reference": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处有一个单元格没有有效的位置",
		Hint:    zhRepairAndCheck,
	},
	"copy-table-in-the-way": {
		Message: "工作表“{sheet}”中 {place} 的表格 {found} 占用了写结果的位置",
		Hint:    "请将该表格移到其他工作表，或移开，不要放在数据右侧的列中。",
		Why:     "表格的表头行只能是各列的名称；把结果写进去会损坏表格。",
	},
	"copy-formula-in-the-way": {
		Message: "单元格 {found} 共用 {place} 中的公式，写入结果会覆盖其中一部分单元格",
		Hint:    "请将这些单元格的公式替换为值，或移到其他列。",
	},
	"copy-no-notes": {
		Message: "工作表“{sheet}”中有图形，无法添加批注；有问题的单元格只标色",
		Hint:    "无需处理：副本中的错误清单列明了每个单元格的问题。",
	},
	"copy-merged-cut": {
		Message: "工作表“{sheet}”的合并单元格延伸到了结果列；副本中只合并到结果列之前",
		Hint:    "无需处理：输入文件不会改动。",
	},
	"copy-folder-entry": {
		Message: "工作簿的 ZIP 压缩包中，文件夹条目 {part} 含有数据",
		Hint:    zhResave,
	},
}
