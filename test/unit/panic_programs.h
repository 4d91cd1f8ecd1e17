// panic_programs.h - generated: random programs for panic_programs.c, and what Go 1.27 does with
// them.
//
// PROGRAM(program, what it says, what its crash prints up to the traceback); the grammar is in
// panic_programs.c.
PROGRAM("D(C(P4D(D())))P8S9", "",
        "panic: 8\n\tpanic: 4")
PROGRAM("P1C(D(S4X)P6)S7", "",
        "panic: 1")
PROGRAM("XRD(C(S6C(C(P9))S10R))", "",
        "")
PROGRAM("D(S2C(XRD(S7D(P9S10P11S12)D(S14)S15)S16))", "2",
        "")
PROGRAM("D(D(S3P4S5C(P7P8R))C(C(C(P13P14)Q)D(RP18S19))S20)RS22", "rnil 22 3",
        "panic: 13\n\tpanic: 4")
PROGRAM("S1S2D(C(S5D(R)D(D(P10S11)P12D(Q))R)D(C(RQP20)R)QP23)P24", "1 2 5 rnil r10 q rnil",
        "panic: 24 [recovered, repanicked]\n\tpanic: 20")
PROGRAM("D(S2D(S4QRD(D(P9P10P11)C(P14))))S16", "16 2 4 rnil",
        "panic: 14\n\tpanic: 9")
PROGRAM("S1RD(S4S5)", "1 rnil 4 5 end",
        "")
PROGRAM("S1XD(S4)D(S6)", "1",
        "")
PROGRAM("D(S2D(D(C(P6P7RP9)S10D(P12P13P14))D(C(S17P18))QS21))", "2 21 17",
        "panic: 18\n\tpanic: 6")
PROGRAM("D(S2)C(P4)R", "2",
        "panic: 4")
PROGRAM("P1P2C(D(S5QS7)P8)C(S10)", "",
        "panic: 1")
PROGRAM("S1C(S3RD(C(P7S8S9S10))P11)P12P13", "1 3 rnil",
        "panic: 11\n\tpanic: 7")
PROGRAM("D(D(Q))P4RC(XP8C(D(D(P12)X)))", "",
        "panic: 4")
PROGRAM("P1D(S3S4S5P6)P7S8", "",
        "panic: 1")
PROGRAM("S1D(S3)S4", "1 4 3 end",
        "")
PROGRAM("D(P2D(D(D(P6P7))C(C(S10P11R))S13)XS15)P16", "",
        "panic: 16\n\tpanic: 2")
PROGRAM("D(P3S4P5X)D(S8)", "8",
        "panic: 3")
PROGRAM("S1P2D(C(P5D(C(R))D(C(P12)S13))R)", "1",
        "panic: 2")
PROGRAM("C(RD(D(P5S6P7)S8)RR)S11R", "rnil rnil rnil 8",
        "panic: 5")
PROGRAM("C(D(P3))Q", "",
        "panic: 3")
PROGRAM("P1D(D(S4P5)Q)S7", "",
        "panic: 1")
PROGRAM("D(P2X)S4P5C(S7D(S9))", "4",
        "panic: 5\n\tpanic: 2")
PROGRAM("RD(D()P5P6)C(D(D(X)D(XXS15))S16C(P18))", "rnil 16",
        "panic: 18\n\tpanic: 5")
PROGRAM("RRD(D(D(S6C(S8))D(C(P11P12)D(P14S15S16P17)P18D(P20P21S22P23))))", "rnil rnil 6 8",
        "panic: 11")
PROGRAM("C(P2S3R)D(X)RC(P9)", "",
        "panic: 2")
PROGRAM("D(D(D(D(S5P6P7P8)C(QP11P12)R)QS15))", "15 5",
        "panic: 11\n\tpanic: 6")
PROGRAM("S1P2D(D(C(C(P8XQ)D(S12))S13S14S15))", "1",
        "panic: 2")
PROGRAM("S1S2D(D(XQS7))", "1 2",
        "")
PROGRAM("QC(S3QD(D(R)D(S9C(RP12S13Q))S15))", "3 15 9 rnil r12 end",
        "")
PROGRAM("RD(XS4D(S6D(RS10C(P12))D(P15QP17)S18))", "rnil",
        "")
PROGRAM("RD(S3C(QP7)S8)S9S10", "rnil 9 10 3",
        "panic: 7")
PROGRAM("D(C()S4)D(P6XC(D(C(P11)S12)S13)C(P15D(D(S19Q))))RD(P23)", "rnil 4",
        "panic: 23\n\tpanic: 6")
PROGRAM("S1S2D(QC(D(C(S8)R)D(P12C())D(C(XP18)S19XP21))C(R))", "1 2 8 r12",
        "")
PROGRAM("D(D(P3RQQ)D(P8))", "",
        "panic: 8\n\tpanic: 3")
PROGRAM("D(X)S3D(RR)S7", "3 7 rnil rnil",
        "")
PROGRAM("S1D(C(P4D(D(P7)D(XS10P11))R)S13)S14", "1 14",
        "panic: 4")
PROGRAM("C(D(XD(D(P6S7P8)D(RP11P12))XP14)D(S16)C(S18))D(RP21S22)", "18 16",
        "")
PROGRAM("D(D(S3S4))", "3 4 end",
        "")
PROGRAM("XD(S4P5)X", "",
        "")
PROGRAM("D(QX)D(P5XS7)", "q",
        "panic: 5 [recovered, repanicked]")
PROGRAM("S1D(D(D(D(S6P7)P8D(P10P11S12P13)Q)S15D(C(P18)S19S20D(P22))R))", "1 15 rnil 6",
        "panic: 18\n\tpanic: 8\n\tpanic: 7")
PROGRAM("D(S2R)D(P6)C(D(S9D(D(R)))XC(P15D(S17S19)S20P21))S22", "9 rnil 2 r6",
        "")
PROGRAM("S1D(C(D(QD(P7P8)P9C(S11))))C(S13D(D(P16C(XR)C(XP22P23)S24)))Q", "1 13",
        "panic: 16\n\tpanic: 9\n\tpanic: 7")
PROGRAM("D(P2S3D(C(RS7P8C(P10P11P12Q))R))D(P16X)P18", "",
        "panic: 18\n\tpanic: 16\n\tpanic: 2")
PROGRAM("C(D(C(S4D(RS8P9P10))D(S12QD(S15P16P17)))QP19)P20X", "4 rnil 8",
        "panic: 19\n\tpanic: 9")
PROGRAM("S1D(C(C(C(QP7P8)P9D(P11P12P13P14))))R", "1 rnil",
        "panic: 7")
PROGRAM("QD(C(R))R", "rnil rnil end",
        "")
PROGRAM("D(C(P3P4)S5RS7)S8S9R", "8 9 rnil",
        "panic: 3")
PROGRAM("D(C(D(D(S5)D(P7)P8R))D(S11Q)XS14)P15D(D(P18)XS20)D(P22S23)", "5",
        "panic: 15\n\tpanic: 8\n\tpanic: 7")
PROGRAM("RC(R)S6D(S8)", "rnil rnil 6 8 end",
        "")
PROGRAM("D(QS3)D(RC(D(XC(S10P11X))))R", "rnil rnil 3",
        "")
PROGRAM("S1S2D(C(S5RS8)Q)S10", "1 2 10 5 rnil 8 end",
        "")
PROGRAM("QQD(C(RD(C(P8P10))))Q", "rnil",
        "panic: 8")
PROGRAM("RD(S3C(S6D(P8)S9)S10)", "rnil 3 6 9",
        "panic: 8")
PROGRAM("D(RC(C(XP6D(S8R))C(D(P13)S14C(RS18P19))XS21)S22S23)", "rnil",
        "")
PROGRAM("D(D(S3)S4C(C(S7D(P9)S10R)R)D(D(S15P16)D(D(P19P21S22)P23)))", "4 7 10 rnil 3",
        "panic: 9")
PROGRAM("C(QC(S4))D(Q)C(S8S9D(D(S12S13)Q))S15", "4 8 9 12 13 15 end",
        "")
PROGRAM("D(D(QD(D(P6R)RX))C(P11S12P13)P14)", "q",
        "panic: 11 [recovered, repanicked]")
PROGRAM("D(RC(C(C(S6P7P8))D(P11D(P13)))S14)S15RQ", "15 rnil rnil 6",
        "panic: 7")
PROGRAM("S1C(D(R)C(D(D(P8P9P10P11)D(QQP15))C(C(P18)D(P20P21))))", "1 r8 end",
        "")
PROGRAM("RRS3D(S5C(P7)Q)", "rnil rnil 3 5",
        "panic: 7")
PROGRAM("D(P2C(D(S5S6S7)RX))C(C(S13RP15R))D(P18)P19", "13 rnil",
        "panic: 15\n\tpanic: 2")
PROGRAM("C(D(D(P4S5P6S7)S8)D(P10)D(P12D(D()))R)", "rnil 8",
        "panic: 12\n\tpanic: 10\n\tpanic: 4")
PROGRAM("QRS3D(D(D(S7C(P9S10RP12))D(S14S15)D(S17C(P20P21)))S22D(R))", "rnil 3 22 rnil 17 14 15 7",
        "panic: 20\n\tpanic: 9")
PROGRAM("D(C(R)D(S5D(P7RS9))RD(C(P13D(P15X))))D(RP19C(C(S22S23)))", "rnil rnil r19 5",
        "panic: 19 [recovered]\n\tpanic: 13\n\tpanic: 7")
PROGRAM("QS2D(D(D(S6D(RQ)D(P11)D(R))P14S15D(XRS19))P20S21)P22", "2 6 rnil r11",
        "panic: 22\n\tpanic: 20\n\tpanic: 14")
PROGRAM("C(D(C(RRS6P7)P8P9S10)S12D(R))R", "12 rnil rnil rnil 6",
        "panic: 7")
PROGRAM("C(S2C(RD(P7C(P9)S10))XD(P13))C(P15)", "2 rnil",
        "panic: 7")
PROGRAM("S1S2RC(RC(D(D(S10P11R)S13S14X))R)", "1 2 rnil rnil 13 14 10",
        "panic: 11")
PROGRAM("S1D(S3D(D(S6C(P8))QD(C(RP13P14P15)P16C(S18S19))))", "1 3 rnil 6",
        "panic: 13\n\tpanic: 8")
PROGRAM("D(S2R)D(C(P6S7P8S9)D(S11D(D(XS15))P16D(C(S19P20S21S22)))S23)", "2 r6 end",
        "")
PROGRAM("C(S2)D(D(S5R)D(XR)D(S11))P12D(C(XS16P17P18))", "2 11 5 rnil",
        "")
PROGRAM("D(P2C(D(S5S6P7S8))S9)D(D(C(D(P15))))", "",
        "panic: 15\n\tpanic: 2")
PROGRAM("D(D(S3QC(R)))", "3 rnil end",
        "")
PROGRAM("C(RC(R)D(S6P7))D(P10P11D(C(C(P15P16S17))RQD(S21S22)))", "rnil rnil 6",
        "panic: 7")
PROGRAM("D(S2)D(QC(D(RS9P10)S11S12S13)D(D(S16D(P18S19P20P21)Q))S23)RR", "rnil rnil 11 12 13 rnil 9 2",
        "panic: 10")
PROGRAM("D(S2)S3QS5", "3 5 2 end",
        "")
PROGRAM("S1D(P3P4)C(P6S7D(P9RX)C(D(S15C(P17P18P19)D(P22P23))R))S25", "1",
        "panic: 6\n\tpanic: 3")
PROGRAM("S1D(RC(C(D(P7P8P9)P10S11)D(D(P14S15)S16))C(S18C(D(P21P22)X)))", "1 rnil",
        "panic: 10\n\tpanic: 7")
PROGRAM("D(P2S3D(S5S6))C(P8P9P10)C(C(D(P14))S15)", "",
        "panic: 8\n\tpanic: 2")
PROGRAM("C(S2D(RP5)P7)", "2 r7",
        "panic: 7 [recovered]\n\tpanic: 5")
PROGRAM("D(P2XR)P5X", "",
        "panic: 5\n\tpanic: 2")
PROGRAM("S1D(D(D(S5D(P7)RC(RQ)))C(C(C(P15P16)C(P18S19P20))))", "1 5 rnil rnil",
        "panic: 15\n\tpanic: 7")
PROGRAM("D(P2S3C(S5)D(P7D(QRS11C(S13S14))))D(S16S17P18C(C(D(QS23P24X))))", "16 17",
        "panic: 18\n\tpanic: 2")
PROGRAM("D(D(D(S5)S6))", "6 5 end",
        "")
PROGRAM("C(D(RD(S6)R)P8P9)P10", "r8 rnil 6",
        "panic: 10")
PROGRAM("C(D(C(S4RD(XQ))D(S11D(P13P14P15S16)S17S18)))C(S20S21XP23)P24", "4 rnil",
        "")
PROGRAM("S1D(RS4R)", "1 rnil 4 rnil end",
        "")
PROGRAM("D(D(D(D(S5)S6)S8)S9)S10", "10 9 8 6 5 end",
        "")
PROGRAM("S1D(C(P4D(C(XP8)S9)D(RXD(S14S15P16S17))))D(D(C(D(S22P23P24))))", "1 22",
        "panic: 23\n\tpanic: 4")
PROGRAM("D(P2)RRD(D(RP8)QP10D(D(D(P14S15)P16C(P18P19RP21))S22S23S24))", "rnil rnil r10",
        "panic: 10 [recovered]\n\tpanic: 8\n\tpanic: 2")
PROGRAM("C(D(D(QS5RP7)S8)C(D(D(S12QP14)C(RP17P18)S20)P21))RS23", "rnil 12 q 8 5 rnil",
        "panic: 21\n\tpanic: 17 [recovered, repanicked]\n\tpanic: 7")
PROGRAM("RC(D(D(S6))S7C(C(RRS13)S15))D(Q)", "rnil 7 rnil rnil 13 15 6 end",
        "")
PROGRAM("D(S2D(D(C(P6P7)S8P9D(QS13))P14)RS16)R", "rnil 2 rnil 16",
        "panic: 14\n\tpanic: 6")
PROGRAM("D(C(R)S5)D(RD(S10))", "rnil 10 rnil 5 end",
        "")
PROGRAM("D(D(RP4)D(RC(C(P9P10P11R)D(QS15P16S17)D(S20QP22))D(S24)P25))", "rnil r9",
        "panic: 9 [recovered]\n\tpanic: 4")
PROGRAM("S1D(C(RRR)D(QC(D(P11XS13)))S14)D(RD(XD(S20D(RXP24))C(S26)))R", "1 rnil rnil rnil rnil rnil 14",
        "panic: 11")
PROGRAM("C(RRC(C(QS8)RC(D(P12P13P14)C(P16P17)XD(XP21S22S23))))S24", "rnil rnil 8 rnil",
        "panic: 16\n\tpanic: 12")
PROGRAM("D(XS3)D(D(D(P7))QS10)S11C(S13D(RD(S18P19))RS21)", "11 13 rnil 21 rnil 18 q",
        "")
PROGRAM("D(S2D(D(S5S6)D(C(QP10P11R))RS14))S15S16C(RC(P20)S21)", "15 16 rnil 2 rnil 14 5 6",
        "panic: 20\n\tpanic: 10")
PROGRAM("D(P2)D(C(D(S6C(P8QP10X))D(S13D(P15)P16)P17P18))", "13 6",
        "panic: 17\n\tpanic: 16\n\tpanic: 15\n\tpanic: 8\n\tpanic: 2")
PROGRAM("D(QD(C(C(R)D(P8S9))S10)D(S12X))P14", "q",
        "panic: 14 [recovered, repanicked]")
PROGRAM("RP2S3D(C(S7XP9)S10P11D(R))", "rnil",
        "panic: 2")
PROGRAM("S1D(D(D(C(S6P7)D(P9P10P11))D(C(P14P15P16)D(P18P19RS21)S22)))P23", "1 6",
        "panic: 23\n\tpanic: 14\n\tpanic: 7")
PROGRAM("D(D(RD(C(P6)))C(P8))", "r8",
        "panic: 8 [recovered]\n\tpanic: 6")
PROGRAM("S1C(D(S4C(D(P7)D(P9S10P11)D(RS14)D(P18XP20))S21D(S23)))", "1 4 r18 14",
        "panic: 9\n\tpanic: 7")
PROGRAM("D(C(S3))R", "rnil 3 end",
        "")
PROGRAM("S1C(S3S4D(S6S7))S8C(R)", "1 3 4 6 7 8 rnil end",
        "")
PROGRAM("C(D(D(RP5))C(D(RS9D(S11)Q))D(P14P15Q)D(P18))P20P21", "rnil 9 11 rnil",
        "panic: 18\n\tpanic: 14\n\tpanic: 5")
PROGRAM("D(D(S3C(R)QS7)C(D(P10XP12S13)P14P15P16)D(P18D(RX)))RR", "rnil rnil 3 rnil q",
        "panic: 14\n\tpanic: 10 [recovered, repanicked]")
PROGRAM("C(S2S3D(D(S6Q)D(P10Q)))", "2 3 6 q",
        "panic: 10 [recovered, repanicked]")
PROGRAM("D(RRS4C(RS7D(P9Q)))D(D(S14XP16)C(D(X)RRS22)P23)R", "rnil rnil rnil 22 14 rnil rnil 4 rnil 7",
        "panic: 9")
PROGRAM("D(D(S3S4RC(P7P8)))P9P10", "3 4 rnil",
        "panic: 9\n\tpanic: 7")
PROGRAM("D(RP3)D(D(S6C(D(QS10)S11)P13)P14)", "6 11 10 r13",
        "panic: 14\n\tpanic: 13 [recovered]\n\tpanic: 3")
PROGRAM("RD()D(S5D(S7RS9))D(C(D(XS14)S15P16)RX)", "rnil 15 5 7 rnil 9",
        "")
PROGRAM("D(D(P3)P4)S5S6C(C(P9R))", "5 6",
        "panic: 9\n\tpanic: 4\n\tpanic: 3")
PROGRAM("C(D(RRRP6))", "rnil rnil rnil",
        "panic: 6")
PROGRAM("S1S2C(QRD(S7C(D(P10)S11S12)S13)D(P15D(P17)))", "1 2 rnil 7 11 12",
        "panic: 15\n\tpanic: 10")
PROGRAM("D(RD(S4)P5)C(RC(S10)C(P12S13D(D(P16))R))RR", "rnil 10 r12 4",
        "panic: 12 [recovered]\n\tpanic: 5")
PROGRAM("S1D(D(D(X)C()RD(P10))P11S12)C(C(S15D(RP18)P19C(X)))", "1 15 r19 r11",
        "")
PROGRAM("D(RD(S4Q)D(S7)C(C(D(P11S12S13))))", "rnil 7 4 q",
        "panic: 11 [recovered, repanicked]")
PROGRAM("D(RP3)D(P5R)", "r5",
        "panic: 5 [recovered]\n\tpanic: 3")
PROGRAM("S1RD(S4R)", "1 rnil 4 rnil end",
        "")
PROGRAM("RQP3D(D(D(RC(QP10QP12)P13))S14S15C(C(S18S19X)))", "rnil",
        "panic: 3")
PROGRAM("D(S2S3C(D(P6RQ)D(D(XQXP14)D(P16P17P18P19)S20C(P23)))Q)P25", "2 3 20",
        "panic: 25\n\tpanic: 23\n\tpanic: 16\n\tpanic: 6")
PROGRAM("D(QR)D(RD(S7P8)D(RS11))", "rnil rnil 11 7 q",
        "panic: 8 [recovered, repanicked]")
PROGRAM("D(RD(S5C(S7)RD(S10D(P12)R)))D()D(C(S18)D(S20C(D(P23)D(P25))))", "18 20 r23 5 7 rnil 10 rnil",
        "panic: 25\n\tpanic: 23 [recovered]\n\tpanic: 12")
PROGRAM("RD(D(D(S5P6)RS8S9)D(P11R))D(S14)", "rnil 14 r11 8 9 5",
        "panic: 11 [recovered]\n\tpanic: 6")
PROGRAM("S1QD(D(D(D(P7))C(S9S10P11R)P13D())D(D(C(P19P20)P21Q)Q))S24", "1 24 9 10",
        "panic: 19\n\tpanic: 11\n\tpanic: 7")
PROGRAM("D(D(C(P4P5)S6QP8)S9RD(C(D(P14P15S16P17)C(P19S20R)D(S23)P24)))", "9 rnil",
        "panic: 19\n\tpanic: 14\n\tpanic: 4")
PROGRAM("RRC(C(C(QD(P8S9R)RS12)))R", "rnil rnil rnil 12",
        "panic: 8")
PROGRAM("C(D(P3)D(D(P6D(S8P9RP11)P12P13))P14)", "",
        "panic: 14\n\tpanic: 6\n\tpanic: 3")
PROGRAM("D(D(D(S4D(P6P7S9)D(S11R)D(P14S15P16S17))RP19S20)S21)", "21 rnil 4 11 r14",
        "panic: 19\n\tpanic: 6")
PROGRAM("C(RRC(P5R)C(QC(D(P11P12)RRC(X))))XP18S19", "rnil rnil",
        "panic: 5")
PROGRAM("D(P2S3C(QP7))D(QD(S11RS13)C(X)D(P17D(S19C(P22))S23))S24S25", "24 25 11 rnil 13",
        "panic: 2")
PROGRAM("D(RD(P4S5))C(S7)C(S9D(QS12D(C(S15P16P17)D(S19P20)))S22)S23", "7 9 22 12 15 r16",
        "panic: 16 [recovered]\n\tpanic: 4")
PROGRAM("D(RS4P5S6)P7D(D(D(P11)P12)P13P14P15)", "r7 4",
        "panic: 7 [recovered]\n\tpanic: 5")
PROGRAM("S1QD(D(QC(XXD(S10RP12P13))P15S16)RP18)X", "1 rnil q",
        "panic: 18 [recovered, repanicked]")
PROGRAM("D(D(S3RD(C(P7))C(D(P10P11))))P13", "3 rnil",
        "panic: 13\n\tpanic: 10\n\tpanic: 7")
PROGRAM("RD(P3)D(R)S6", "rnil 6 rnil",
        "panic: 3")
PROGRAM("D(S2D(P4R)P6)P7", "2",
        "panic: 7\n\tpanic: 6\n\tpanic: 4")
PROGRAM("D(S2)D(D(RD(P7S8P9)))D(D(S12S13QC(D(S17)))RX)", "rnil 12 13 17 rnil 2",
        "panic: 7")
PROGRAM("D(D(C(R)S5)S6Q)C(P9QS11S12)S13", "6 q rnil 5",
        "panic: 9 [recovered, repanicked]")
PROGRAM("QD(S3D()S6D(D(D(QP11P12)P13P14S15)D(S17S18C(S20S21))P22))R", "rnil 3 6 17 18 20 21 q",
        "panic: 22\n\tpanic: 13 [recovered, repanicked]")
PROGRAM("S1D(D(D(P5D(S7))RS9))D(S11C(QP14D(X)D(C(S19S20))))R", "1 rnil 11 rnil 9",
        "panic: 14\n\tpanic: 5")
PROGRAM("S1D(RS4D(C(S7QRP10)X)S12)C(S14)", "1 14 rnil 4 12 7 rnil",
        "panic: 10")
PROGRAM("D(S2P3S4D(P6P7R))C(D(P11X)C(P14S15P16)S17S18)XP20", "2",
        "panic: 14\n\tpanic: 11\n\tpanic: 3")
PROGRAM("RD(P3RD(P6)D(C(P9)D(P11XS13S14)C(S16C(P18P19P20)S21)))", "rnil",
        "panic: 3")
PROGRAM("S1D(P3C(RD(D(RS9X))S11D(RQC(P16P17)))R)QD(RQS23)", "1 rnil 23",
        "panic: 3")
PROGRAM("D(S2D(P4D(P6)S7)QQ)P10", "2 q",
        "panic: 10 [recovered, repanicked]\n\tpanic: 4")
PROGRAM("D(D(D(D(P6S7P8P9)C(P11)Q)P13Q)C(P16S17D(RC(P21P22P23))))P24P25", "",
        "panic: 24\n\tpanic: 16\n\tpanic: 13\n\tpanic: 11\n\tpanic: 6")
PROGRAM("C(RD(D(S5D(RP8P9S10))P12)R)P15Q", "rnil rnil 5 rnil",
        "panic: 12\n\tpanic: 8")
PROGRAM("RD(C(D(D(RP7)RS9P10))P12)D(C(S15)S16)", "rnil 15 16 rnil 9 r10",
        "panic: 10 [recovered]\n\tpanic: 7")
PROGRAM("S1S2S3D(C(D(S7D(P9)C(P11P12P13))C(D(P16P17P18)D(P20))S21))", "1 2 3 7",
        "panic: 20\n\tpanic: 16\n\tpanic: 11\n\tpanic: 9")
PROGRAM("D(RC(S4)D(S6D(QQP10))C(D(C(S14S16P17))))P18Q", "r18 4 14 16 6",
        "panic: 18 [recovered]\n\tpanic: 17\n\tpanic: 10")
PROGRAM("D(D()D(P5S6)D(XC(P11QS13)D(D(P17S18)))R)QC(S23P25)", "23 r25",
        "panic: 25 [recovered]\n\tpanic: 5")
PROGRAM("QD(QQC(R))D(P8)", "q",
        "panic: 8 [recovered, repanicked]")
PROGRAM("D(C(C(P5D(R))S8)RS10)D(D(RC(D(XS17P18)))P20P21)", "r20",
        "panic: 20 [recovered]\n\tpanic: 5")
PROGRAM("D(P2)C(D(QP6P7)C(D(S10P11D(P13R))))", "10 q",
        "panic: 11 [recovered, repanicked]\n\tpanic: 2")
