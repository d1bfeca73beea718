"""What the service of the matrix counts, and how often it counts at its import."""

AT_IMPORT = 7
ORDERS, SIZES, SPAN, LINE = "shop.orders", "shop.sizes", "take order", "order taken"
