"""Who lives there: minds, seats, who meets whom."""
