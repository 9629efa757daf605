package prose

// zhParts: damaged or malicious ZIP archives and parts of a workbook.
var zhParts = map[string]Entry{
	// the ZIP container
	"zip-directory": {
		Message: "工作簿的 ZIP 目录已损坏",
		Hint:    zhTakeAgain,
		Source:  "APPNOTE.TXT 4.3.12",
	},
	"zip-part-header": {
		Message: "工作簿的 ZIP 目录与部件 {part} 不符",
		Hint:    zhTakeAgain,
		Source:  "APPNOTE.TXT 4.3.7",
	},
	"zip-many-parts": {
		Message: "工作簿有 {found} 个部件，上限为 {expected} 个",
		Hint:    zhNewWorkbook,
	},
	"zip-part-name": {
		Message: "工作簿中有名为 {part} 的部件，指向工作簿之外",
		Hint:    zhDistrust,
	},
	"zip-part-twice": {
		Message: "工作簿中有两个部件 {part}",
		Hint:    "请勿使用此文件：不同的程序会读到不同的内容。请用 Excel 重新保存，并检查各行。",
		Why:     "部件名称不区分大小写。两个部件同名时，各程序读到的可能不是同一个。",
		Source:  "ECMA-376 第 2 部分，6.2.2.3",
	},
	"zip-part-encrypted": {
		Message: "工作簿的部件 {part} 已由压缩软件加密",
		Hint:    zhResaveUnzipped,
	},
	"zip-part-method": {
		Message: "工作簿的部件 {part} 采用压缩方法 {found}，只允许 0 和 8",
		Hint:    zhResaveUnzipped,
		Source:  "ECMA-376 第 2 部分，附录 B",
	},
	"zip-part-size": {
		Message: "工作簿的部件 {part} 的大小与 ZIP 目录标明的不符",
		Hint:    zhTakeAgain,
	},
	"zip-ratio": {
		Message: "工作簿的部件 {part} 解压后为原大小的 {found} 倍，上限为 {expected} 倍",
		Hint:    "如为自己的文件，且该部件是工作表（xl/worksheets/…），请删除只有格式的空行和空列后保存；否则请勿使用此文件。",
		Why:     "ZIP 炸弹就是这样：文件很小，却会耗尽内存和磁盘。",
	},
	"zip-overlap": {
		Message: "工作簿的部件 {found} 与 {part} 重叠",
		Hint:    zhDistrust,
		Why:     "ZIP 炸弹就是这样：文件很小，却会耗尽内存和磁盘。",
	},

	// single parts
	"part-missing": {
		Message: "工作簿缺少部件 {part}",
		Hint:    zhTakeAgain,
	},
	"part-checksum": {
		Message: "工作簿的部件 {part} 已损坏：校验和不符",
		Hint:    zhTakeAgain,
		Why:     "工作簿保存之后，内容发生了变化；其他程序读取时可能会缺行。",
	},
	"part-truncated": {
		Message: "工作簿的部件 {part} 不完整，到第 {place} 字节就结束了",
		Hint:    zhTakeAgain,
	},
	"part-packing": {
		Message: "工作簿的部件 {part} 已损坏，第 {place} 字节之后无法解压",
		Hint:    zhTakeAgain,
	},
	"part-malformed": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处不是格式正确的 XML",
		Hint:    zhTakeAgain,
		Source:  "XML 1.0，2.1",
	},
	"part-dtd": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处有文档类型声明",
		Hint:    zhDistrust,
		Why:     "这种声明可用来耗尽内存或读取其他文件；工作簿中不允许出现。",
		Source:  "ECMA-376 第 2 部分，6.1.4",
	},
	"part-deep": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处的元素嵌套超过 128 层",
		Hint:    zhDistrust,
	},
	"part-token-long": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处的文本或标签过长",
		Hint:    "请缩短最长的单元格；Excel 的每个单元格最多 32,767 个字符。",
	},
	"part-encoding": {
		Message: "工作簿的部件 {part} 的编码无法识别，或既不是 UTF-8 也不是 UTF-16",
		Hint:    zhResave,
		Source:  "ECMA-376 第 2 部分，6.1.4",
	},
	"part-wrong-root": {
		Message: "工作簿的部件 {part} 的实际类型与工作簿标明的不符",
		Hint:    zhTakeAgain,
	},
	"part-relationship": {
		Message: "连接工作簿各部件的 {part} 在第 {place} 字节处损坏",
		Hint:    zhTakeAgain,
		Source:  "ECMA-376 第 2 部分，6.5",
	},
	"part-unreadable": {
		Message: "工作簿的部件 {part} 在第 {place} 字节之后无法读取",
		Hint:    "请检查磁盘或网络驱动器，将文件复制到本地磁盘后重试。",
	},
	"part-list-long": {
		Message: "工作簿的清单 {part} 在第 {place} 字节处超过 50000 项",
		Hint:    zhNewWorkbook,
	},
	"part-too-large": {
		Message: "工作簿的部件 {part} 有 {found} 字节，上限为 {expected} 字节",
		Hint:    zhResave,
	},
	"part-many-strings": {
		Message: "工作簿的部件 {part} 中的文本超过 {expected} 条",
		Hint:    "请拆分工作簿，或删除无关的工作表。",
	},
	"part-many-formats": {
		Message: "工作簿的部件 {part} 在第 {place} 字节处的单元格格式过多",
		Hint:    zhNewWorkbook,
	},
}
