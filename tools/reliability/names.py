"""What the service of the matrix counts, how often it counts at its import, and what it prints."""

AT_IMPORT = 7
ORDERS, SIZES, SPAN, LINE = "shop.orders", "shop.sizes", "take order", "order taken"
#: Printed whenever the application was imported; printed by a program that has done its work and waits for SIGTERM.
IMPORTED, WAITING = "the shop is imported", "the shop is waiting"
#: Exit code of the program that handles SIGTERM itself.
HANDLED = 3
