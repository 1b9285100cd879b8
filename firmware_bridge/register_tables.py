"""The rows of the register map, block by block, as they are written for people.

:mod:`firmware_bridge.register_map` turns them into fields with addresses and checks them; the
first two words and the last of a status block (``block_id``, ``scan_a``, ``scan_b``) are added
there, because they are the same everywhere.
"""

# One line a field: offset | name | type | unit | meaning.
HEADER = """
0|magic0|u16||0x5654 'VT'
1|magic1|u16||0x574D 'WM'
2|map_major|u16||
3|map_minor|u16||
4|map_crc32|u32||CRC-32 of the canonical map
6|order_probe|u32||0x01020304: word order
8|sign_probe|i32||-2
10|n_lifts|u16||
11|n_bays|u16||
12|n_slots|u16||
13|n_sockets|u16||
14|site_id|u32||
16|plc_version|u32||
18|plc_name|u16[8]||16 ASCII characters
26|hdr_crc16|u16||CRC-16/MODBUS of words 0..25
"""

SYSTEM = """
2|hb_plc|u16||+1 every scan
3|hb_echo|u16||PC heartbeat seen
4|boot_id|u32||new at every PLC start
6|session_echo|u32||PC session accepted
8|uptime|u32|s|
10|utc|u32|s|
12|utc_ms|u16|ms|
13|state_current|enum||PackML 1..17
14|unit_mode|enum||1 production 2 maintenance 3 manual 4 commissioning
15|safety_a|bits||1 = healthy: e-stop chain, bay curtains, door locks, slack rope, overspeed, \
overload, end stops, STO feedback
16|safety_b|bits||fire, pit, inspection hatch, brake test due, safety comms
17|key_switch|enum||0 off 1 auto 2 maintenance
18|enabling|bits||enabling device, pendant plugged
19|pc_link|enum||0 never 1 ok 2 lost (latched)
20|scan_us|u16|us|
21|scan_max_us|u16|us|
22|alarm_words|bits[8]||128 alarm bits
30|alarm_active|u16||
31|alarm_top_sev|enum||
32|alarm_last_seq|u32||
34|aux_ack_seq|u16||
35|aux_ack_result|enum||
36|aux_ack_job|u32||
38|aux_state|enum||
39|aux_done_seq|u16||
40|aux_done_result|enum||
41|power|i32|W|negative = regenerated
43|energy|u32|0.1 kWh|
45|charge_power|u32|W|
47|charge_limit|u16|100 W|
48|cabinet_temp|i16|0.1 C|
49|hall_temp|i16|0.1 C|
50|ups|enum||
51|ups_charge|u16|%|
52|wind|u16|0.1 m/s|
"""

LIFT = """
2|state_current|enum||PackML
3|unit_mode|enum||
4|status|bits||ready, enabled, homed, standstill, loaded, brakes, PC permit, jog
5|inhibit|bits||why no job is taken now
6|hoist_pos|i32|mm|
8|hoist_target|i32|mm|
10|hoist_vel|i16|mm/s|
11|hoist_flags|bits||enabled homed moving in_pos lim+ lim- fault
12|turn_pos|i32|0.01 deg|
14|turn_target|i32|0.01 deg|
16|turn_vel|i16|0.01 deg/s|
17|turn_flags|bits||enabled homed moving in_pos lim+ lim- fault
18|shuttle_pos|i32|mm|
20|shuttle_target|i32|mm|
22|shuttle_vel|i16|mm/s|
23|shuttle_flags|bits||enabled homed moving in_pos lim+ lim- fault
24|load|u16|kg|
25|load_state|enum||0 empty 1 car 2 shifted 3 unknown
26|torque|i16|0.1 %|
27|hoist_drive_temp|i16|0.1 C|
28|hoist_motor_temp|i16|0.1 C|
29|turn_drive_temp|i16|0.1 C|
30|turn_motor_temp|i16|0.1 C|
31|shuttle_drive_temp|i16|0.1 C|
32|shuttle_motor_temp|i16|0.1 C|
33|ack_seq|u16||written last
34|ack_result|enum||see results
35|ack_job|u32||
37|job_state|enum||0 none 1 accepted 2 active 3 done 4 aborted 5 failed 6 held
38|job_step|enum||
39|job_error|enum||
40|done_seq|u16||written last
41|done_job|u32||
43|done_result|enum||
44|exec_count|u32||jobs started since commissioning (retained)
46|cycles|u32||
48|run_time|u32|0.1 h|
50|energy|u32|Wh|
52|power|i16|10 W|
"""

BAY = """
0|status|bits||inner/outer closed+locked, curtain clear, presence, person inside, e-stop, call
1|state|enum||0 free 1 entering 2 measuring 3 ready 4 transfer 5 exit 6 blocked
2|inner|enum||door state
3|outer|enum||
4|profile|bits||too long wide high heavy, off centre, overhang, door open
5|length|u16|mm|
6|width|u16|mm|
7|height|u16|mm|
8|weight|u16|kg|
9|axle1|u16|kg|
10|offset|i16|mm|
11|signal|enum||light shown
12|owner|u16||lift in this bay
13|inhibit|bits||
"""

SLOTS = """
2|occupied|bits[32]||slot n = word n/16 bit n%16
34|doubtful|bits[32]||sensor and record differ
66|blocked|bits[32]||out of service
"""

SOCKETS = """
2|plugged|bits[32]||
34|energised|bits[32]||
66|socket_fault|bits[32]||
"""

SOCKET = """
0|state|enum||IEC 61851 A..F
1|power|u16|10 W|
2|limit|u16|0.1 A|
3|energy|u32|Wh|
5|temp|i16|0.1 C|
"""

ALARM = """
0|code|u16||
1|flags|bits||severity 0-3 bits 0-1, active, acked, source type
2|source|u16||
3|utc|u32|s|
5|ms|u16|ms|
6|param|i16||
"""

CONTROL = """
0|hb_pc|u16||+1 every 200 ms
1|session|u32||random at every PC start
3|permit|bits||lift 1-4, charging: lease, dies with hb_pc
4|mode_req|enum||
5|cntrl_cmd|enum||PackML 1 reset 2 start 3 stop 4 hold 5 unhold 6 suspend 7 unsuspend 8 abort \
9 clear
6|cntrl_seq|u16||
7|pc_utc|u32|s|
9|alarm_ack_seq|u32||
11|charge_page|u16||
12|charge_limit|u16|100 W|
13|jog_sel|u16||lift*16+axis
14|jog_speed|i16|mm/s or 0.01 deg/s|clamped by the PLC
15|jog_lease|u16||must change every 100 ms
"""

MAILBOX = """
0|seq|u16||1..65535, +1 per job
1|job_id|u32||PC database id
3|session|u32||must equal C.session
5|verb|enum||
6|flags|bits||
7|src_kind|enum||bay slot lift
8|src_no|u16||
9|dst_kind|enum||
10|dst_no|u16||
11|arg_a|i32||maintenance only: axis target
13|arg_b|i32||
15|exp_weight|u16|kg|
16|exp_height|u16|mm|
17|speed|u16|0.1 %|
18|valid_ms|u16|ms|reject if older
22|crc16|u16||CRC-16/MODBUS of words 0..21
23|commit|u16||= seq, written with or after the rest
"""
