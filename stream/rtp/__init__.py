"""Coded pictures as RTP packets: packetised, paced, repaired, sent again."""
