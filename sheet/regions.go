package sheet

import "strings"

// regionNames are the Chinese names of regions as the console shows them, without what is in
// front of the brackets: 华东1（杭州） is cn-hangzhou (Alibaba Cloud, regions and zones).
var regionNames = map[string]string{
	"杭州": "cn-hangzhou", "上海": "cn-shanghai", "南京": "cn-nanjing", "福州": "cn-fuzhou", "武汉": "cn-wuhan-lr",
	"青岛": "cn-qingdao", "北京": "cn-beijing", "张家口": "cn-zhangjiakou", "呼和浩特": "cn-huhehaote", "乌兰察布": "cn-wulanchabu",
	"深圳": "cn-shenzhen", "河源": "cn-heyuan", "广州": "cn-guangzhou", "成都": "cn-chengdu", "香港": "cn-hongkong",
	"新加坡": "ap-southeast-1", "吉隆坡": "ap-southeast-3", "雅加达": "ap-southeast-5", "马尼拉": "ap-southeast-6", "曼谷": "ap-southeast-7",
	"东京": "ap-northeast-1", "首尔": "ap-northeast-2", "法兰克福": "eu-central-1", "伦敦": "eu-west-1",
	"硅谷": "us-west-1", "弗吉尼亚": "us-east-1", "迪拜": "me-east-1", "利雅得": "me-central-1",
}

// regionNamed returns the region whose name is in a folded text, or "" if none or several are.
func regionNamed(key string) string {
	return only(func(yield func(string)) {
		for name, id := range regionNames {
			if strings.Contains(key, name) {
				yield(id)
			}
		}
	})
}
