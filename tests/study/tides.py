"""Two short papers, one in each language, written for these tests."""

ENGLISH = """# TideNet: Forecasting Harbour Levels with Sparse Gauges

Abstract. Harbour masters need water levels hours ahead, but most small harbours lack a dense network of gauges. In this
paper, we propose TideNet, a recurrent model that forecasts levels from three gauges. We train it on ten years of
readings from forty harbours. Our results show that TideNet reduces the mean error by 31 % against harmonic analysis.

## 1 Introduction

Water levels decide when a ship may enter. Existing forecasts suffer from a lack of readings near the quay.
Jensen et al. (2015) proposed a wavelet model that achieved an error of 12 cm on the Danish coast.
The rest of the paper is organized as follows.

## 2 Related Work

Okafor (2018) introduced a method that interpolates between gauges. Earlier networks outperform harmonic analysis by
40 % on open coasts [7].

## 3 Method

TideNet is a recurrent network with one gate for each gauge. The surge residual is defined as the reading less the
astronomical tide. We use a window of two days.

## 4 Results

| Harbour | Error (cm) |
|---|---|
| Vik | 4.1 |
| Sund | 5.0 |

TideNet achieves an error of 4.6 cm on the held-out harbours.

## 5 Conclusion

We presented TideNet, which forecasts harbour levels from three gauges. Experiments show that it outperforms harmonic
analysis in thirty-eight of forty harbours.

## Limitations

Our harbours all lie in northern Europe. The model cannot be used where a gauge is missing for longer than a day.

## References

[7] Okafor, N. 2018. Gauges. We propose nothing here.
"""

CHINESE = """# 基于稀疏水位计的港口潮位预测方法

摘要：针对小型港口水位计稀疏、难以提前预测潮位的问题，本文提出了一种基于循环网络的潮位预测方法TideNet。该方法以三个水位计的读数为输入，
采用门控结构融合各站信息。实验结果表明，与调和分析相比，该方法的平均误差降低了31%。

## 1 引言

潮位决定船舶何时可以进港。然而，现有的预测方法在码头附近缺乏观测数据。王明等人[3]提出了一种小波模型，在渤海取得了12厘米的误差。
本文结构安排如下：第二节介绍相关工作。

## 2 相关工作

李华提出了一种站间插值方法，显著提高了预测精度。

## 3 方法

增水残差是指读数与天文潮之差。本文使用两天的窗口。

## 4 结论

本文提出了潮位预测方法TideNet，实验证明其在四十个港口中的三十八个优于调和分析。本文的方法尚未在热带港口验证，未来将扩展到更多海域。

## 参考文献

[3] 王明. 潮位预测[J]. 海洋, 2015.
"""
