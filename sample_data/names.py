"""Words of the company: people, places, products, comments. People and numbers are made up.

Phone numbers use prefixes that are assigned to nobody (+66 1 and +84 1 were withdrawn in 2006 and
2018); e-mail domains are reserved by RFC 2606.
"""

THAI_GIVEN = (
    "สมชาย", "สมหญิง", "ณัฐพล", "กมลชนก", "ปิยะดา", "ธนกร", "วรัญญา", "อนุชา", "สุภาพร", "ชลธิชา",
    "พิชญา", "กิตติศักดิ์", "นฤมล", "ศิริพร", "เอกชัย", "ปรียานุช", "ภูวดล", "รัตนา", "วีรยุทธ", "จิราภรณ์",
)  # fmt: skip
THAI_GIVEN_LATIN = (
    "somchai", "somying", "nattapol", "kamolchanok", "piyada", "thanakorn", "waranya", "anucha",
    "supaporn", "chonticha", "pichaya", "kittisak", "naruemol", "siriporn", "ekachai", "preeyanuch",
    "phuwadol", "rattana", "weerayut", "jiraporn",
)  # fmt: skip
THAI_FAMILY = (
    "ใจดี", "ศรีสุข", "แสงทอง", "บุญมา", "วงศ์สวัสดิ์", "ทองคำ", "พรหมมา", "สุขใจ", "รุ่งเรือง", "จันทร์เพ็ญ",
    "เจริญสุข", "คำแก้ว", "อินทร์แก้ว", "ดวงดี", "มณีรัตน์", "ชัยชนะ",
)  # fmt: skip
VIET_FAMILY = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ",
)  # fmt: skip
VIET_MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Đức", "Thanh", "Quốc", "Hồng", "Gia", "Bảo")
VIET_GIVEN = (
    "Anh", "Hương", "Tuấn", "Linh", "Đạt", "Thảo", "Phước", "Yến", "Hải", "Trang", "Dũng", "Mỹ",
    "Khánh", "Ngân", "Sơn", "Quỳnh",
)  # fmt: skip
VIET_GIVEN_LATIN = (
    "anh", "huong", "tuan", "linh", "dat", "thao", "phuoc", "yen", "hai", "trang", "dung", "my",
    "khanh", "ngan", "son", "quynh",
)  # fmt: skip
DOMAINS = ("example.com", "example.net", "example.org")

# (country, region, town): a customer lives in one of them
PLACES = (
    ("TH", "กรุงเทพมหานคร", "กรุงเทพมหานคร"), ("TH", "เชียงใหม่", "เชียงใหม่"),
    ("TH", "ภูเก็ต", "ป่าตอง"), ("TH", "ชลบุรี", "พัทยา"), ("TH", "ขอนแก่น", "ขอนแก่น"),
    ("TH", "สงขลา", "หาดใหญ่"), ("TH", "นครราชสีมา", "ปากช่อง"), ("TH", "อุบลราชธานี", "วารินชำราบ"),
    ("VN", "Thành phố Hồ Chí Minh", "Thủ Đức"), ("VN", "Hà Nội", "Hà Nội"),
    ("VN", "Đà Nẵng", "Đà Nẵng"), ("VN", "Lâm Đồng", "Đà Lạt"), ("VN", "Khánh Hòa", "Nha Trang"),
    ("VN", "Thừa Thiên Huế", "Huế"), ("VN", "Cần Thơ", "Cần Thơ"),
    ("LA", "ນະຄອນຫຼວງວຽງຈັນ", "ວຽງຈັນ"), ("SG", "Singapore", "Singapore"),
)  # fmt: skip
PLACE_WEIGHT = (9, 4, 2, 3, 2, 2, 1, 1, 8, 6, 3, 2, 2, 1, 2, 1, 1)

PERSONAS = ("home_barista", "office_manager", "gift_giver", "tea_lover", "explorer", None)
INTERESTS = ("coffee", "coffee;brewing", "tea", "tea;ceramics", "gifts", "coffee;tea;home", None)

# (name, category, list price in US dollars): ordered by price
PRODUCTS = (
    ("Drip bag, single", "coffee", 1.2), ("ชาไทยซอง", "tea", 1.6), ("Trà sen, hộp nhỏ", "tea", 2.1),
    ("Cà phê phin, gói 100 g", "coffee", 2.8), ("กาแฟดอยช้าง 100 ก.", "coffee", 3.6),
    ("Filter papers, 100", "brewing", 4.3), ("Cốc gốm", "home", 5.2), ("ชาอู่หลงดอย", "tea", 6.4),
    ("Robusta Đắk Lắk 250 g", "coffee", 7.6), ("Arabica Cầu Đất 250 g", "coffee", 9.0),
    ("กาแฟเทพเสด็จ 250 ก.", "coffee", 10.5), ("Phin nhôm", "brewing", 12.0),
    ("Arabica, honey 500 g", "coffee", 14.5), ("ถ้วยเซรามิกลำปาง", "home", 17.0),
    ("Tea gift box", "gift", 20.0), ("Pour-over cone", "brewing", 24.0),
    ("Geisha 200 g", "coffee", 28.0), ("French press", "brewing", 33.0),
    ("Hand grinder", "brewing", 39.0), ("ผ้าฝ้ายทอมือ", "home", 46.0),
    ("Hộp quà Tết", "gift", 54.0), ("Kettle, gooseneck", "brewing", 66.0),
    ("Burr grinder", "brewing", 95.0), ("Espresso set", "brewing", 150.0),
)  # fmt: skip

REASONS = (  # stated reason of a voluntary cancellation, its weight
    ("price", 0.27), ("not_used", 0.24), ("competitor", 0.13), ("quality", 0.14), ("moved", 0.08),
    ("other", 0.06), (None, 0.08),
    ("service", 0.0),  # only where bad service was the true cause
)  # fmt: skip
COMPETITORS = ("Kafé Mekong", "Doi Roast Club", "Phin & Co")
SAVE_OFFERS = ("10% off", "pause a month", "free box")
REFUND_REASONS = ("damaged", "wrong_item", "late", "taste", "changed_mind", None)

# Comments by experience; commas, quotes and line breaks are meant.
COMMENTS_GOOD = (
    "ส่งเร็ว กาแฟหอมมาก", "Ngon, giao nhanh.", "Lovely, as always", 'My "daily" cup', "Rất hài lòng",
    "ดีมากค่ะ", "Fresh beans,\ngood grind", "Quà đẹp, gói cẩn thận", "Smooth order",
)  # fmt: skip
COMMENTS_BAD = (
    "ส่งช้ามาก", "Giao hàng trễ, hộp bị móp", 'Said "two days", took nine', "Not what I ordered",
    "แพงขึ้นแต่คุณภาพเท่าเดิม", "Price went up,\nI am thinking of leaving", "Chưa được hoàn tiền",
)  # fmt: skip

# (utm_source, utm_medium, utm_campaign) of the links of each channel, by company.CHANNELS
UTM = (
    ("google", "organic", None), ("google", "cpc", "CMP-11"), ("facebook", "paid_social", "CMP-12"),
    ("friend", "referral", "CMP-21"), ("shopee", "marketplace", None), ("store", "qr", None),
)  # fmt: skip
PLATFORMS = ("community", "facebook", "line", "instagram", "tiktok", "zalo")
