"""Every decision about a seat, and the region's report that follows from them."""
